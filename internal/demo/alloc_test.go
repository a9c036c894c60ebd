package demo_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/demo"
)

// answers is a transport that gives the recorded answers, by how far the
// conversation is.
type answers []string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	turn := bytes.Count(body, []byte(`"role":"assistant"`))
	return &http.Response{
		Status: "200 OK", StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"text/event-stream"}},
		Body:    io.NopCloser(strings.NewReader(a[turn])),
		Request: r,
	}, nil
}

func BenchmarkRun(b *testing.B) {
	rec := recording(b)
	client := &http.Client{Transport: answers{rec.Interactions[0].Response.Body, rec.Interactions[1].Response.Body}}
	a := newAgent(client, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Generate(b.Context(), reprise.Ask(demo.Prompt)); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAllocations: a whole run, with its two requests and two tools, stays
// within this many allocations. Whoever makes it fewer lowers the number.
func TestAllocations(t *testing.T) {
	const most = 400 // it takes 384, and more where the race detector empties pools
	rec := recording(t)
	client := &http.Client{Transport: answers{rec.Interactions[0].Response.Body, rec.Interactions[1].Response.Body}}
	a := newAgent(client, "")
	allocs := testing.AllocsPerRun(20, func() {
		if _, err := a.Generate(t.Context(), reprise.Ask(demo.Prompt)); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > most {
		t.Errorf("the run allocates %v times, want at most %d", allocs, most)
	}
}
