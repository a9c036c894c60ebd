package gemini

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// body encodes a request as a JSON value.
func body(t *testing.T, provider, model string, req *reprise.Request) any {
	t.Helper()
	raw, warnings, err := encode(t.Context(), provider, model, req)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	return value(t, string(raw))
}

func value(t *testing.T, raw string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

// TestRecordedRequests reads each recorded request and encodes it again.
func TestRecordedRequests(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for _, x := range exchanges {
			req := x.read(t)
			if req.Extra != nil {
				t.Errorf("Extra has %s", req.Extra)
			}
			want := normal(value(t, x.Request))
			if d := cmp.Diff(want, body(t, x.provider, x.model, req)); d != "" {
				t.Errorf("(-recorded +ours):\n%s", d)
			}
		}
	})
}

// normal spells the one thing that we spell otherwise: the schemas of
// functions are JSON Schemas.
func normal(v any) any {
	tools, _ := v.(map[string]any)["tools"].([]any)
	for _, tool := range tools {
		for _, f := range tool.(map[string]any)["functionDeclarations"].([]any) {
			f := f.(map[string]any)
			f["parametersJsonSchema"] = lowerTypes(f["parameters"])
			delete(f, "parameters")
		}
	}
	return v
}

func lowerTypes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, w := range v {
			if s, ok := w.(string); ok && name == "type" {
				v[name] = strings.ToLower(s)
			} else {
				v[name] = lowerTypes(w)
			}
		}
	}
	return v
}

// TestRecordedTurns rebuilds the history of each later turn from the request
// and the decoded answer of the turn before, and the recorded results. What
// we send has to carry everything that the recorded request carried.
func TestRecordedTurns(t *testing.T) {
	turns := 0
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i := 1; i < len(exchanges); i++ {
			before, now := exchanges[i-1], exchanges[i]
			req, recorded := before.read(t), now.read(t)
			if len(recorded.Messages) <= len(req.Messages) {
				continue
			}
			turns++
			answer := before.answer(t, req).Message
			req.Messages = append(req.Messages, answer)
			calls := answer.Calls()
			results := recorded.Messages[len(req.Messages):]
			for _, m := range results {
				for j, p := range m.Parts {
					if r, ok := p.(reprise.ToolResult); ok {
						r.ID = calls[j].ID // of a call without one, the recorder made it up
						m.Parts[j] = r
					}
				}
			}
			req.Messages = append(req.Messages, results...)
			ours := body(t, now.provider, now.model, req)
			want := normal(value(t, now.Request))
			sameIDs(t, want, calls)
			for _, lost := range missing("", want, ours) {
				t.Error(lost)
			}
		}
	})
	if !t.Failed() && turns == 0 {
		t.Skip("no recording of more than one turn")
	}
}

// sameIDs gives the recorded calls, and the results of them, the ids that we
// made, where the provider gave none and the recorder made one.
func sameIDs(t *testing.T, body any, calls []reprise.ToolCall) {
	t.Helper()
	for _, content := range body.(map[string]any)["contents"].([]any) {
		at := 0
		for _, p := range content.(map[string]any)["parts"].([]any) {
			for _, kind := range []string{"functionCall", "functionResponse"} {
				if c, ok := p.(map[string]any)[kind].(map[string]any); ok {
					if c["id"] != nil && isMade(calls[at].ID) {
						c["id"] = calls[at].ID
					}
					at++
				}
			}
		}
	}
}

// missing lists what of want is not in got: objects may have more members,
// lists more elements between those of want, in their order.
func missing(path string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: want an object, got %v", path, got)}
		}
		var lost []string
		for name, w := range want {
			if h, ok := have[name]; ok {
				lost = append(lost, missing(path+"."+name, w, h)...)
			} else {
				lost = append(lost, fmt.Sprintf("%s.%s is lost: %.100v", path, name, w))
			}
		}
		return lost
	case []any:
		have, ok := got.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s: want a list, got %v", path, got)}
		}
		at := 0
		for i, w := range want {
			for at < len(have) && len(missing("", w, have[at])) > 0 {
				at++
			}
			if at == len(have) {
				return []string{fmt.Sprintf("%s[%d] is lost: %.200v", path, i, w)}
			}
			at++
		}
		return nil
	default:
		if !reflect.DeepEqual(want, got) {
			return []string{fmt.Sprintf("%s: want %v, got %v", path, want, got)}
		}
		return nil
	}
}

// TestMissing checks the check.
func TestMissing(t *testing.T) {
	for _, c := range []struct {
		want, got string
		lost      int
	}{
		{`{"a":1,"l":[1,{"b":2}]}`, `{"a":1,"l":[0,1,{"b":2,"c":3},4],"x":0}`, 0},
		{`{"a":1,"b":2}`, `{"a":2}`, 2},
		{`[1,2]`, `[2,1]`, 1},
		{`{"a":[]}`, `{"a":{}}`, 1},
		{`{"a":{}}`, `{"a":"x"}`, 1},
	} {
		if got := missing("", value(t, c.want), value(t, c.got)); len(got) != c.lost {
			t.Errorf("%s in %s: %q", c.want, c.got, got)
		}
	}
}
