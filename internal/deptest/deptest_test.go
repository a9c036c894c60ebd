package deptest

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/repriselabs/reprise"

// What a package outside the standard library may bring, and why.
const (
	compare  = "github.com/google/go-cmp"               // what differs, in tests
	mcpSDK   = "github.com/modelcontextprotocol/go-sdk" // the Model Context Protocol
	schemas  = "github.com/google/jsonschema-go"        // JSON Schema from Go types, and its validation
	yaml     = "go.yaml.in/yaml/v4"                     // cassettes that have a shape of their own
	cobra    = "github.com/spf13/cobra"                 // the command line
	charm    = "charm.land/lipgloss/v2"                 // colours
	profile  = "github.com/charmbracelet/colorprofile"  // and which of them a terminal has
	terminal = "github.com/charmbracelet/x/term"        // whether there is one
	metrics  = "github.com/prometheus/client_golang"    // what a server did, for Prometheus
	oauth    = "golang.org/x/oauth2"                    // tokens of Google and Entra
	aws      = "github.com/aws/aws-sdk-go-v2"           // signatures of AWS
	awsConf  = "github.com/aws/aws-sdk-go-v2/config"    // and the credentials for them
)

// rules are for a package and all below it; the first that fits counts. Each
// lists what it may import: packages of this module, and modules.
var rules = []struct {
	pkg     string
	ours    []string
	modules []string
}{
	{"internal/seal", nil, nil},
	{"internal/deptest", nil, nil},
	{"internal/live", nil, nil},
	{"internal/doccheck", nil, nil},
	{"internal/sse", nil, nil},
	{"internal/eventstream", nil, nil},
	{"internal/partialjson", nil, nil},
	{"internal/kept", nil, nil},
	{"internal/googleauth", []string{""}, []string{oauth}},
	{"internal/wire", []string{"", "internal/kept", "internal/sse"}, nil},
	{"internal/demo", []string{""}, nil},
	{"internal/dice", []string{""}, []string{compare}},
	{"internal/recordings", nil, []string{yaml}},
	{"openaichat/azure", nil, []string{oauth}},
	{"openaichat", []string{"", "internal/sse", "internal/wire"}, nil},
	{"openai", []string{"", "internal/sse", "internal/wire"}, nil},
	{"anthropic/bedrock", []string{"", "anthropic"}, []string{aws, awsConf}},
	{"anthropic/vertex", []string{"anthropic", "internal/googleauth"}, []string{oauth}},
	{"anthropic", []string{"", "internal/eventstream", "internal/sse", "internal/wire"}, nil},
	{"gemini/vertex", []string{"", "gemini", "internal/googleauth"}, []string{oauth}},
	{"gemini", []string{"", "internal/sse", "internal/wire"}, nil},
	{"agent", []string{"", "internal/kept", "internal/seal"}, nil},
	{"cassette", nil, []string{yaml}},
	{"price", []string{""}, nil},
	{"modeltest", []string{""}, nil},
	{"mcp", []string{"", "mcp"}, []string{mcpSDK, schemas}},
	{"models", []string{"", "anthropic", "anthropic/bedrock", "anthropic/vertex", "gemini", "gemini/vertex", "openai", "openaichat"}, nil},
	{"internal/codec", []string{"", "anthropic", "gemini", "openai", "openaichat", "internal/wire"}, nil},
	{"transcript", []string{"", "cassette", "internal/codec", "price"}, nil},
	{"server", []string{"", "cassette", "internal/codec", "transcript"}, nil},
	{"cmd/reprise", []string{"", "agent", "cassette", "internal/demo", "mcp", "models", "openaichat", "price", "server", "transcript"}, []string{cobra, charm, profile, terminal, metrics}},
	{"", []string{"internal/partialjson", "internal/seal"}, []string{schemas}},
}

// pkg is what "go list -json" says of a package.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
	Module     *struct{ Path string }
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Standard,Imports,Deps,Module"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(out); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return pkgs
}

// TestArrows checks what each package imports.
func TestArrows(t *testing.T) {
	modules := map[string]string{} // package to module, for those of others
	all := list(t, "-deps", "./...")
	for _, p := range all {
		if !p.Standard && p.Module != nil {
			modules[p.ImportPath] = p.Module.Path
		}
	}
	checked := 0
	for _, p := range all {
		if modules[p.ImportPath] != module {
			continue
		}
		checked++
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, imported := range p.Imports {
			switch of := modules[imported]; of {
			case "": // the standard library
			case module:
				if other := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/"); !may(name, other) {
					t.Errorf("%s may not import %s", p.ImportPath, imported)
				}
			default:
				if !slices.Contains(ruleFor(name).modules, of) {
					t.Errorf("%s may not depend on %s", p.ImportPath, of)
				}
			}
		}
	}
	if checked < len(rules) {
		t.Errorf("%d packages checked, but there are %d rules", checked, len(rules))
	}
}

type rule = struct {
	pkg     string
	ours    []string
	modules []string
}

func ruleFor(name string) rule {
	for _, r := range rules {
		if r.pkg == "" || name == r.pkg || strings.HasPrefix(name, r.pkg+"/") {
			return r
		}
	}
	return rule{}
}

func may(name, other string) bool {
	r := ruleFor(name)
	return slices.Contains(r.ours, other) || r.pkg != "" && strings.HasPrefix(other, r.pkg+"/")
}

// TestLight checks what a small program brings along.
func TestLight(t *testing.T) {
	allowed := []string{module, schemas, yaml}
	for _, p := range list(t, "-deps", "./agent", "./openaichat", "./openai", "./anthropic", "./gemini", "./cassette", "./transcript", "./server") {
		if p.Standard || p.Module == nil {
			continue
		}
		if !slices.Contains(allowed, p.Module.Path) {
			t.Errorf("a program with agents, models and cassettes, but no cloud, brings %s", p.Module.Path)
		}
		if slices.Contains(p.Imports, "testing") {
			t.Errorf("%s brings package testing into programs", p.ImportPath)
		}
	}
}
