package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/repriselabs/reprise"
)

// A Store keeps texts by their keys, which tell their content: the same key
// always has the same text. Several goroutines may use it at once.
type Store interface {
	// Put keeps the text. After an error, which a [ToolDone] tells, what the
	// model did not get of it is lost.
	Put(ctx context.Context, key, text string) error
	// Get returns the text; false: there is none of the key.
	Get(ctx context.Context, key string) (string, bool, error)
}

// memory is a Store for one run.
type memory struct{ texts sync.Map }

func (m *memory) Put(_ context.Context, key, text string) error {
	m.texts.Store(key, text)
	return nil
}

func (m *memory) Get(_ context.Context, key string) (string, bool, error) {
	v, ok := m.texts.Load(key)
	s, _ := v.(string)
	return s, ok, nil
}

// restTool is the tool that reads the rest of a result.
type restTool struct {
	store Store
	max   int
}

// tool returns the tool that reads the rest; nil: results have no bound.
func (w *Window) tool() *restTool {
	if w.MaxResult == 0 {
		return nil
	}
	if w.Store == nil {
		return &restTool{new(memory), w.MaxResult}
	}
	return &restTool{w.Store, w.MaxResult}
}

const restName = "read_result"

var restSchema = json.RawMessage(`{"type":"object","properties":{"key":{"type":"string","description":"as the shortened result names it"},` +
	`"offset":{"type":"integer","minimum":0,"description":"the byte to read from"}},"required":["key","offset"]}`)

// Spec says how to ask for the rest.
func (t *restTool) Spec() reprise.ToolSpec {
	return reprise.ToolSpec{Name: restName, Description: "Read on in a tool result that was shortened", Schema: restSchema}
}

// Call returns the next piece.
func (t *restTool) Call(ctx context.Context, c reprise.ToolCall) (reprise.ToolResult, error) {
	var in struct {
		Key    string
		Offset int
	}
	if err := json.Unmarshal([]byte(c.Args), &in); err != nil {
		return reprise.ToolResult{}, &reprise.ArgsError{Tool: restName, Err: err}
	}
	text, ok, err := t.store.Get(ctx, in.Key)
	switch {
	case err != nil:
		return reprise.ToolResult{}, err
	case !ok:
		return reprise.ToolResult{}, fmt.Errorf("the result %q is not kept any more; call the tool again", in.Key)
	case in.Offset < 0 || in.Offset > len(text):
		return reprise.ToolResult{}, fmt.Errorf("the result %q has %d bytes, there is no offset %d", in.Key, len(text), in.Offset)
	}
	return reprise.ToolResult{Parts: reprise.Parts{reprise.Text{Text: piece(text, in.Offset, t.max, in.Key)}}}, nil
}

// piece is max bytes of the text from offset on, and how to read on; with no
// key the rest is lost.
func piece(text string, offset, max int, key string) string {
	end := offset + min(max, len(text)-offset)
	for end < len(text) && end > offset+1 && !utf8.RuneStart(text[end]) {
		end--
	}
	switch {
	case end == len(text):
		return text[offset:]
	case key == "":
		return text[offset:end] + fmt.Sprintf("\n[shortened: %d of %d bytes]", end-offset, len(text))
	}
	return text[offset:end] + fmt.Sprintf("\n[shortened: bytes %d to %d of %d; read on with %s, key %q, offset %d]",
		offset, end, len(text), restName, key, end)
}

// bound shortens the texts of a result. It is for the tool's goroutine.
func (r *run) bound(ctx context.Context, h *call, o *outcome) {
	max := h.tool.policy.MaxResult
	if max == 0 && r.top.Window != nil {
		max = r.top.Window.MaxResult
	}
	if _, own := h.tool.Tool.(*restTool); own || max <= 0 {
		return
	}
	parts := make(reprise.Parts, 0, len(o.result.Parts))
	for _, p := range o.result.Parts {
		t, ok := p.(reprise.Text)
		if !ok || len(t.Text) <= max {
			parts = append(parts, p)
			if ok {
				max -= len(t.Text)
			}
			continue
		}
		key := ""
		if r.rest != nil {
			sum := sha256.Sum256([]byte(t.Text))
			key = hex.EncodeToString(sum[:8])
			if err := r.rest.store.Put(ctx, key, t.Text); err != nil {
				key, o.err = "", err
			}
		}
		parts = append(parts, reprise.Text{Text: piece(t.Text, 0, max, key), Refusal: t.Refusal})
		max = 0
	}
	o.result.Parts = parts
}
