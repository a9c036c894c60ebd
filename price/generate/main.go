// Command generate writes the price table, its licence notice and its test
// data from the npm package @pydantic/genai-prices. It needs node 20 and, to
// fetch the package, npm. "go generate ./price" runs it.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	npmName    = "@pydantic/genai-prices"
	npmVersion = "0.1.8"
	homepage   = "https://github.com/pydantic/genai-prices"
)

func main() {
	dir := flag.String("package", "", "`folder` of the unpacked package; empty: fetch version "+npmVersion)
	date := flag.String("date", "", "`day` (2006-01-02) the package was published; empty: ask the registry")
	flag.Parse()
	if err := generate(*dir, *date); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(dir, date string) error {
	out, err := run("go", "list", "-f", "{{.Dir}}", "github.com/repriselabs/reprise/price")
	if err != nil {
		return err
	}
	folder := strings.TrimSpace(string(out))
	if dir == "" {
		temp, err := os.MkdirTemp("", "prices")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		if _, err := run("npm", "install", "--prefix", temp, "--no-save", "--ignore-scripts", npmName+"@"+npmVersion); err != nil {
			return err
		}
		dir = filepath.Join(temp, "node_modules", filepath.FromSlash(npmName))
	}
	src, err := load(dir)
	if err != nil {
		return err
	}
	if date == "" {
		if date, err = published(src.Version); err != nil {
			return err
		}
	}
	t, err := convert(src)
	if err != nil {
		return err
	}
	t.Date = date
	licence, err := os.ReadFile(filepath.Join(dir, "LICENSE"))
	if err != nil {
		return err
	}
	return errors.Join(
		write(filepath.Join(folder, "table.json"), t.text),
		write(filepath.Join(folder, "testdata", "calculated.jsonl"), func(w *bytes.Buffer) error { return checks(w, src) }),
		write(filepath.Join(folder, "NOTICE"), func(w *bytes.Buffer) error {
			fmt.Fprintf(w, "The prices in table.json, and the figures in testdata/calculated.jsonl, are made from the\nnpm package %s %s (%s), which comes with this licence:\n\n%s",
				npmName, src.Version, homepage, licence)
			return nil
		}),
	)
}

//go:embed dump.mjs
var dump string

// load reads what the package knows.
func load(dir string) (*source, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	out, err := run("node", "--input-type=module", "--eval", dump, abs)
	if err != nil {
		return nil, err
	}
	var src source
	dec := json.NewDecoder(bytes.NewReader(out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&src); err != nil {
		return nil, fmt.Errorf("the package's data is not as expected: %w", err)
	}
	if src.License != "MIT" {
		return nil, fmt.Errorf("the package's licence is %q, not MIT", src.License)
	}
	return &src, nil
}

// published asks the registry for the day a version came out.
func published(version string) (string, error) {
	out, err := run("npm", "view", npmName, "time", "--json")
	if err != nil {
		return "", err
	}
	var times map[string]time.Time
	if err := json.Unmarshal(out, &times); err != nil {
		return "", err
	}
	at, ok := times[version]
	if !ok {
		return "", fmt.Errorf("the registry does not say when %s %s came out; give -date", npmName, version)
	}
	return at.UTC().Format(time.DateOnly), nil
}

func run(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

func write(path string, text func(*bytes.Buffer) error) error {
	var buf bytes.Buffer
	if err := text(&buf); err != nil {
		return err
	}
	return os.WriteFile(path, buf.Bytes(), 0o644)
}
