package cassette

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// long returns a recording of n interactions of about 20 KB each.
func long(n int) *Recording {
	rec := &Recording{}
	for i := range n {
		var stream strings.Builder
		for d := range 50 {
			fmt.Fprintf(&stream, "data: {\"id\":\"x%d\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word%d and more of it\"}}],\"system_fingerprint\":\"fp_99052e9f23\"}\n\n", i, d)
		}
		rec.Interactions = append(rec.Interactions, Interaction{
			ID: i,
			Request: Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Method: "POST", URL: "https://api.example.com/v1/chat/completions",
				Header: map[string][]string{"Content-Type": {"application/json"}, "User-Agent": {"x/1.0"}},
				Body:   fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":"%s %d"}],"stream":true,"temperature":0.5}`, strings.Repeat("Tell me more. ", 600), i)},
			Response: Response{Proto: "HTTP/2.0", ProtoMajor: 2, Code: 200, Status: "200 OK", ContentLength: -1, Body: stream.String(), Header: map[string][]string{"Content-Type": {"text/event-stream"}}},
		})
	}
	return rec
}

func BenchmarkLoad(b *testing.B) {
	const n = 500
	var buf bytes.Buffer
	long(n).WriteTo(&buf)
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(int64(buf.Len()))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := readPlain(bytes.NewReader(buf.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/interaction")
	})
	b.Run("yaml", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var f yamlFile
			if err := yaml.Unmarshal(buf.Bytes(), &f); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/interaction")
	})
	b.Run("write", func(b *testing.B) {
		rec := long(n)
		for b.Loop() {
			rec.WriteTo(io.Discard)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/interaction")
	})
}

func BenchmarkIndex(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		rec := long(min(n, 1000))
		for len(rec.Interactions) < n {
			i := rec.Interactions[len(rec.Interactions)-1000]
			i.Request.Body = strings.Replace(i.Request.Body, "Tell", fmt.Sprint(len(rec.Interactions)), 1)
			rec.Interactions = append(rec.Interactions, i)
		}
		b.Run(fmt.Sprint("build-", n), func(b *testing.B) {
			for b.Loop() {
				newTape(rec.Interactions, &Redact{}, &matcher{Match: &Match{}})
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/interaction")
		})
		b.Run(fmt.Sprint("find-", n), func(b *testing.B) {
			t := newTape(rec.Interactions, &Redact{}, &matcher{Match: &Match{}})
			k := 0
			for b.Loop() {
				if t.lane("", &rec.Interactions[k%n].Request) == nil {
					b.Fatal()
				}
				k += 7
			}
		})
	}
}

// streamBody is a body of n events, one a Read.
type streamBody struct{ n int }

var benchEvent = []byte("data: {\"id\":\"7\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" and more words\"}}],\"system_fingerprint\":\"fp_99052e9f23\"}\n\n")

func (b *streamBody) Read(p []byte) (int, error) {
	if b.n == 0 {
		return 0, io.EOF
	}
	b.n--
	return copy(p, benchEvent), nil
}

func (b *streamBody) Close() error { return nil }

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// BenchmarkRecordChunk is what recording adds to a chunk.
func BenchmarkRecordChunk(b *testing.B) {
	const events = 10000
	c := &Cassette{File: b.TempDir() + "/c.yaml", Mode: Record, Transport: transport(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: &streamBody{events}}, nil
	})}
	b.ReportAllocs()
	for b.Loop() {
		resp, err := c.Client().Get("http://x/")
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/chunk")
	c.Close()
}

// BenchmarkRecordExchange is what recording adds to an exchange: most of it
// is the disk's.
func BenchmarkRecordExchange(b *testing.B) {
	c := &Cassette{File: b.TempDir() + "/c.yaml", Mode: Record, Transport: transport(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: &streamBody{10}}, nil
	})}
	for b.Loop() {
		resp, err := c.Client().Get("http://x/")
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	c.Close()
}

// BenchmarkReplay is the seed's whole run: load, index, two answers.
func BenchmarkReplay(b *testing.B) {
	rec, err := Load(seedFile)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c := &Cassette{File: seedFile}
		for n := range rec.Interactions {
			q := &rec.Interactions[n].Request
			resp, err := c.Client().Post(q.URL, "application/json", strings.NewReader(q.Body))
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
