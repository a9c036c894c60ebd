package modeltest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/repriselabs/reprise"
)

// A cutter lets a number of writes through, and then ends the answer.
type cutter struct {
	http.ResponseWriter
	left  int
	half  bool // half of the next write goes through, too
	clean bool // the answer ends as if it were complete
}

// errCut is what a cutter panics with for a clean end.
var errCut = errors.New("cut")

func (c *cutter) Write(b []byte) (int, error) {
	if c.left > 0 {
		c.left--
		return c.ResponseWriter.Write(b)
	}
	if c.half {
		_, _ = c.ResponseWriter.Write(b[:len(b)/2]) // the next thing is the end, in any case
		c.Flush()
	}
	if c.clean {
		panic(errCut)
	}
	panic(http.ErrAbortHandler)
}

// Flush is for writers that look for it.
func (c *cutter) Flush() { _ = http.NewResponseController(c.ResponseWriter).Flush() }

// told is how far an answer had come when it was cut off.
type told struct {
	texts    []string // all but the last were surely written
	finished bool     // the end may have been written
	whole    bool     // it was not cut off at all
}

// cut answers with an answer that c cuts off, and says how far it came.
func (x *exchange) cut(c *cutter, answer *reprise.Response, say chan<- told) {
	var t told
	defer func() {
		say <- t
		if r := recover(); r != nil && r != errCut {
			panic(r)
		}
	}()
	_ = x.write(c, func(yield func(reprise.Event, error) bool) {
		for ev, err := range Events(answer) {
			switch ev := ev.(type) {
			case reprise.TextDelta:
				t.texts = append(t.texts, ev.Text)
			case reprise.Finish:
				t.finished = true
			}
			if !yield(ev, err) {
				return
			}
		}
	}, answer, true)
	t.whole = true
}

// cutEverywhere cuts an answer off before each write and in its midst, and
// has judge look at what comes of it.
func (s *suite) cutEverywhere(clean bool, judge func(writes int, t told, resp *reprise.Response, err error)) {
	answer := s.said(text("one two three four"), reprise.ToolCall{ID: "call00001", Name: "add", Args: `{"a":2,"b":3}`})
	req := &reprise.Request{Messages: reprise.Ask("hi"), Tools: []reprise.ToolSpec{addTool}}
	for writes := 0; ; writes++ {
		for _, half := range []bool{false, true} {
			say := make(chan told, 1)
			s.onRequest(func(x *exchange) {
				x.cut(&cutter{ResponseWriter: x.w, left: writes, half: half, clean: clean}, answer, say)
			})
			resp, err := s.generate(s.Context(), req)
			t := <-say
			if t.whole && writes < 4 {
				s.Fatalf("WriteResponse wrote the answer in %d pieces: it does not write each event when it comes", writes)
			}
			if t.whole {
				return
			}
			judge(writes, t, resp, err)
			got, all := resp.Text(), strings.Join(t.texts, "")
			sure := strings.Join(t.texts[:max(0, len(t.texts)-1)], "")
			if !strings.HasPrefix(got, sure) || !strings.HasPrefix(all, got) {
				s.Errorf("cut after %d writes: the text is %q, want something from %q to %q", writes, got, sure, all)
			}
			if err == nil && (got != answer.Text() || len(resp.Calls()) != 1) {
				s.Errorf("cut after %d writes: a short answer: %s", writes, indented(resp.Message))
			}
		}
	}
}

func (s *suite) brokenAnywhere() {
	s.cutEverywhere(false, func(writes int, _ told, _ *reprise.Response, err error) {
		var e *reprise.Error
		if !errors.As(err, &e) || !e.Temporary() {
			s.Errorf("broken after %d writes: got %v, want a temporary error", writes, err)
		}
	})
}

func (s *suite) endsEarly() {
	s.cutEverywhere(true, func(writes int, t told, _ *reprise.Response, err error) {
		var e *reprise.Error
		if !errors.As(err, &e) && !t.finished {
			s.Errorf("ended after %d writes: got %v, want an error", writes, err)
		}
		if e != nil && writes > 0 && !e.Temporary() {
			s.Errorf("ended after %d writes: %v is not temporary", writes, err)
		}
	})
}
