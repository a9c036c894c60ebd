package anthropic

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// FuzzStream checks that any body gives events and then one Finish or one
// error, the same however it is split.
func FuzzStream(f *testing.F) {
	for _, q := range quirks {
		f.Add([]byte(q.stream), q.req != nil && q.req.Output != nil)
	}
	f.Fuzz(func(t *testing.T, body []byte, output bool) {
		req := &reprise.Request{}
		if output {
			req.Output = &reprise.Schema{}
		}
		events, err := script(ReadResponse(bytes.NewReader(body), "", req))
		finished := false
		for i, ev := range events {
			if _, finished = ev.(reprise.Finish); finished && i != len(events)-1 {
				t.Fatal("events after Finish")
			}
			if p, ok := ev.(reprise.PartDone); ok {
				if _, err := json.Marshal(p); err != nil {
					t.Fatalf("part %+v: %v", p.Part, err)
				}
			}
		}
		if finished == (err != nil) {
			t.Fatalf("finished %v, and error %v", finished, err)
		}
		split, splitErr := script(ReadResponse(iotest.OneByteReader(bytes.NewReader(body)), "", req))
		if d := cmp.Diff(events, split); d != "" || reprise.KindOf(err) != reprise.KindOf(splitErr) {
			t.Fatalf("whole %v, split %v:\n%s", err, splitErr, d)
		}
		if err == nil {
			goesBack(t, events)
		}
	})
}

// goesBack checks that what was decoded can be sent.
func goesBack(t *testing.T, events []reprise.Event) {
	t.Helper()
	var acc reprise.Accumulator
	for _, ev := range events {
		acc.Add(ev)
	}
	req := &reprise.Request{Messages: []reprise.Message{reprise.User("hi"), acc.Response().Message}}
	body, err := newEncoder(&Model{}, sonnet).encode(OpMessages, req)
	if err != nil || !json.Valid(body) {
		t.Fatalf("the answer cannot go back: %v\n%s", err, body)
	}
}

// FuzzReadRequest checks that what is read can be sent, and that reading that
// gives the same request.
func FuzzReadRequest(f *testing.F) {
	for _, c := range requests {
		m := &Model{Name: c.model}
		if m.Name == "" {
			m.Name = sonnet
		}
		if body, err := newEncoder(m, m.Name).encode(OpMessages, &c.req); err == nil {
			f.Add(body)
		}
	}
	for _, c := range reads {
		f.Add([]byte(c.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := ReadRequest(body)
		if err != nil {
			return
		}
		m := &Model{Name: "x", NoCache: true}
		sent, err := newEncoder(m, req.Model).encode(OpMessages, req)
		if err != nil {
			if strings.Contains(err.Error(), "cache points") || strings.Contains(err.Error(), "cannot hold") || strings.Contains(err.Error(), "the API takes text there") ||
				strings.Contains(err.Error(), "holds text only") {
				return // the API would refuse it too
			}
			t.Fatalf("what was read cannot be sent: %v", err)
		}
		again, err := ReadRequest(sent)
		if err != nil {
			t.Fatalf("what was sent cannot be read: %v\n%s", err, sent)
		}
		resent, err := newEncoder(m, again.Model).encode(OpMessages, again)
		if err != nil {
			t.Fatalf("cannot be sent again: %v\n%s", err, sent)
		}
		var x, y any
		if decodeExact(sent, &x) != nil || decodeExact(resent, &y) != nil {
			t.Fatalf("no JSON: %s\n%s", sent, resent)
		}
		if d := cmp.Diff(x, y); d != "" {
			t.Fatalf("the second time (-first +second):\n%s", d)
		}
	})
}
