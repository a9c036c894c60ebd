package openaichat

import (
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/sse"
	"github.com/repriselabs/reprise/internal/wire"
)

// withoutMolds is ReadResponse with each chunk decoded by itself.
func withoutMolds(r io.Reader, d *Dialect) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		var s *stream
		s = newStream(d, &wire.Call{Provider: d.name()}, nil, func(ev reprise.Event, err error) bool {
			s.mold.spoil()
			return yield(ev, err)
		})
		s.run(r)
	}
}

// alike is a stream whose chunks fit each other's molds, or seem to.
var alike = sseOf(
	delta(`"reasoning_content":"a"`), delta(`"reasoning_content":"b\u00e9\n"`), delta(`"reasoning_content":""`),
	delta(`"content":"","reasoning_content":"a"`), delta(`"content":"","reasoning_content":"b"`),
	delta(`"reasoning":"a","reasoning_content":"a"`), delta(`"reasoning":"","reasoning_content":"a"`),
	delta(`"content":"a"`), delta(`"content":"\"b"`), delta(`"content":"\\"`), delta(`"content":"c","content":"d"`), delta(`"content":"\x"`),
	delta(`"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{"}}]`), delta(`"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"}"}}]`),
	delta(`"tool_calls":[{"index":0,"function":{"arguments":"a"}}]`), delta(`"tool_calls":[{"index":0,"function":{"arguments":"b"}},{"index":1}]`), delta(`"tool_calls":[{"index":0,"function":{"arguments":"c"}},{"index":1}]`),
	delta(`"tool_calls":[{"index":0,"function":{"arguments":"a","arguments":{}}}]`), delta(`"tool_calls":[{"index":0,"function":{"arguments":"b","arguments":{}}}]`),
	finishCalls, someUsage)

func TestMold(t *testing.T) {
	for _, c := range []struct {
		name, first, next string
		fits              bool
	}{
		{"text", delta(`"content":"a"`), delta(`"content":"bc"`), true},
		{"text with an escape", delta(`"content":"a"`), delta(`"content":"\"\u00e9\\"`), true},
		{"reasoning", delta(`"reasoning_content":"a"`), delta(`"reasoning_content":"b"`), true},
		{"arguments", delta(`"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]`), delta(`"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]`), true},
		{"beside an empty text", delta(`"content":"","reasoning":"a"`), delta(`"content":"","reasoning":"b"`), true},
		{"another member", delta(`"content":"a"`), delta(`"refusal":"a"`), false},
		{"two strings", delta(`"content":"a"`), delta(`"content":"a","refusal":"a"`), false},
		{"two strings, twice", delta(`"content":"a","refusal":"a"`), delta(`"content":"a","refusal":"a"`), false},
		{"nothing", delta(`"content":"a"`), delta(`"content":""`), false},
		{"nothing first", delta(`"content":""`), delta(`"content":"a"`), false},
		{"a wrong escape", delta(`"content":"a"`), delta(`"content":"\x"`), false},
		{"no arguments", delta(`"tool_calls":[{"index":0,"id":"a"}]`), delta(`"tool_calls":[{"index":0,"id":"b"}]`), false},
		{"two calls", delta(`"tool_calls":[{"index":0,"function":{"arguments":"a"}},{"index":1}]`), delta(`"tool_calls":[{"index":0,"function":{"arguments":"a"}},{"index":1}]`), false},
		{"probabilities", `{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[1]}}]}`, `{"choices":[{"delta":{"content":"b"},"logprobs":{"content":[1]}}]}`, false},
	} {
		s := newStream(&xai, &wire.Call{Provider: xai.name()}, nil, func(reprise.Event, error) bool { return true })
		s.chunk(sse.Event{Data: []byte(c.first)})
		if got := s.fits([]byte(c.next)); got != c.fits {
			t.Errorf("%s: fits is %v, want %v", c.name, got, c.fits)
		}
	}
}

// TestMoldsChangeNothing decodes streams with and without molds.
func TestMoldsChangeNothing(t *testing.T) {
	streams := []string{alike, strings.Replace(alike, delta(`"content":"\x"`), "{}", 1)}
	for _, q := range quirks {
		streams = append(streams, q.stream, strings.ReplaceAll(q.stream, "\n\n", "\n\n"+q.stream))
	}
	for _, stream := range streams {
		with, errWith := reprise.Collect(ReadResponse(strings.NewReader(stream), &xai, nil))
		without, errWithout := reprise.Collect(withoutMolds(strings.NewReader(stream), &xai))
		if d := cmp.Diff(without, with); d != "" || !sameError(errWith, errWithout) {
			t.Errorf("%s\nerrors %v, %v (-without +with):\n%s", stream, errWithout, errWith, d)
		}
	}
}

func sameError(a, b error) bool {
	return errors.Is(a, b) || a != nil && b != nil && a.Error() == b.Error()
}
