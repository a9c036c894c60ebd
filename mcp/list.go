package mcp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise"
)

// listed is what the server says of a tool, as the Journal keeps it.
type listed struct {
	Tool        string          `json:"tool"` // its name on the server
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"`
	Effect      reprise.Effect  `json:"effect"`
}

// Tools asks the server for its tools and returns them sorted by name. It
// connects if need be.
//
// A list may change while a server runs: call Tools again, such as in the
// Prepare of an agent, for the new one. The tools of an earlier list go on
// working as long as the server has them. A tool checks its arguments by its
// schema and returns [*reprise.ArgsError], but for a schema that cannot be
// used here (it points to another document): then that is the server's part.
//
// Names are those of the server, after the prefix. What providers do not take
// in a name becomes _, and a name that is too long is cut; one that is no
// longer the only one of its kind gets a few characters that depend on the
// server's name for it alone. Of two tools with one name on the server there
// is one.
func (s *Server) Tools(ctx context.Context) ([]reprise.Tool, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	list := func(ctx context.Context) ([]byte, error) {
		all, err := s.list(ctx)
		if err != nil {
			return nil, err
		}
		return encode(all)
	}
	do := func(ctx context.Context, _ string, _ []byte, fn func(context.Context) ([]byte, error)) ([]byte, error) {
		return fn(ctx)
	}
	if s.Journal != nil {
		do = s.Journal.Do
	}
	out, err := do(ctx, "mcp tools/list", s.identity(), list)
	if err != nil {
		return nil, err
	}
	var all []listed
	if err := json.Unmarshal(out, &all); err != nil {
		return nil, s.fault(fmt.Errorf("the journal's list of tools: %w", err))
	}
	return s.tools(all), nil
}

// identity tells servers apart in a journal. A command or a URL may hold a
// secret, so that they are not written out.
func (s *Server) identity() []byte {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{s.URL}, s.Command...), "\x00")))
	name := cmp.Or(s.Name, "mcp")
	b, _ := json.Marshal(map[string]string{"server": name, "id": hex.EncodeToString(sum[:6])}) // strings always marshal
	return b
}

// maxTools bounds a list, whose pages could go on for ever.
const maxTools = 10_000

// list asks for all pages of the list.
func (s *Server) list(ctx context.Context) ([]listed, error) {
	live, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	ctx, end, err := live.begin(ctx)
	if err != nil {
		return nil, s.fault(err)
	}
	defer end()
	all := []listed{}
	if live.InitializeResult().Capabilities.Tools == nil {
		return all, nil // a server without tools need not know the question
	}
	for t, err := range live.Tools(ctx, nil) {
		if err != nil {
			return nil, s.fault(live.reason(ctx, err))
		}
		if len(all) == maxTools {
			return nil, s.fault(fmt.Errorf("it lists more than %d tools", maxTools))
		}
		var schema []byte
		if t.InputSchema != nil { // the protocol wants one
			if schema, err = encode(t.InputSchema); err != nil {
				return nil, s.fault(fmt.Errorf("the schema of tool %q: %w", t.Name, err))
			}
		}
		all = append(all, listed{t.Name, describe(t), schema, effect(t.Annotations)})
	}
	return all, nil
}

func describe(t *sdk.Tool) string {
	title := t.Title
	if title == "" && t.Annotations != nil {
		title = t.Annotations.Title
	}
	return cmp.Or(t.Description, title)
}

// effect is what the hints say. Without any a tool is neither read-only nor
// idempotent: the protocol says so.
func effect(a *sdk.ToolAnnotations) reprise.Effect {
	switch {
	case a != nil && a.ReadOnlyHint:
		return reprise.EffectPure
	case a != nil && a.IdempotentHint:
		return reprise.EffectIdempotent
	}
	return reprise.EffectOnce
}

// tools makes the tools of a list.
func (s *Server) tools(all []listed) []reprise.Tool {
	slices.SortStableFunc(all, func(a, b listed) int { return strings.Compare(a.Tool, b.Tool) })
	all = slices.CompactFunc(all, func(a, b listed) bool { return a.Tool == b.Tool })
	names := s.names(all)
	tools := make([]reprise.Tool, len(all))
	for i, l := range all {
		tools[i] = s.tool(names[i], l)
	}
	slices.SortFunc(tools, func(a, b reprise.Tool) int { return strings.Compare(a.Spec().Name, b.Spec().Name) })
	return tools
}

// tool is a tool that the model knows by name.
func (s *Server) tool(name string, l listed) reprise.Tool {
	t := &reprise.FuncTool{
		ToolSpec: reprise.ToolSpec{Name: name, Description: l.Description, Schema: l.Schema},
		Policy:   reprise.Policy{Effect: l.Effect},
		Run: func(ctx context.Context, call reprise.ToolCall) (reprise.ToolResult, error) {
			return s.call(ctx, l.Tool, call)
		},
	}
	if len(l.Schema) == 0 {
		return t
	}
	var schema jsonschema.Schema
	err := json.Unmarshal(l.Schema, &schema)
	if err == nil {
		_, err = schema.Resolve(nil)
	}
	if err != nil {
		spec := t.ToolSpec
		t.Schema = nil
		return unchecked{t, spec}
	}
	return t
}

// unchecked is a tool whose schema is told and not used.
type unchecked struct {
	*reprise.FuncTool
	spec reprise.ToolSpec
}

// Spec has the schema.
func (t unchecked) Spec() reprise.ToolSpec { return t.spec }

const maxName = 64 // OpenAI's; others take as many or more

// names are what the model knows the tools by.
func (s *Server) names(all []listed) []string {
	names := make([]string, len(all))
	times := map[string]int{}
	prefix := ""
	if s.Name != "" {
		prefix = s.Name + "_"
	}
	for i, l := range all {
		names[i] = safe(prefix + l.Tool)
		times[names[i]]++
	}
	for i, l := range all {
		if len(names[i]) > maxName || times[names[i]] > 1 && names[i] != prefix+l.Tool {
			sum := sha256.Sum256([]byte(l.Tool))
			names[i] = names[i][:min(len(names[i]), maxName-9)] + "_" + hex.EncodeToString(sum[:4])
		}
	}
	return names
}

// safe is the name in the characters that every provider takes.
func safe(name string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-':
			return r
		}
		return '_'
	}, name)
	if out != "" && (out[0] == '-' || '0' <= out[0] && out[0] <= '9') {
		out = "_" + out
	}
	return out
}
