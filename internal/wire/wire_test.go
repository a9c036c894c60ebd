package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/kept"
)

// value reads any value with the Decoder's own methods.
func value(d *Decoder) any {
	switch d.Peek() {
	case '{':
		m := map[string]any{}
		for more := d.Open('{'); more; more = d.Next('}') {
			key := string(d.Key())
			m[key] = value(d)
		}
		return m
	case '[':
		l := []any{}
		for more := d.Open('['); more; more = d.Next(']') {
			l = append(l, value(d))
		}
		return l
	case '"':
		return d.String()
	case 't', 'f':
		return d.Bool()
	case 'n':
		d.Null()
		return nil
	}
	return d.Float()
}

// FuzzDecoder compares with encoding/json: what that reads, the Decoder
// reads the same, and what is no JSON at all it refuses.
func FuzzDecoder(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n",true,false,null,{}]}`, `[[]]`, `"\\\""`, `{"a":1,}`, `01`, `nul`, `"\ud800"`, ` 1 `, `1 2`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Decoder
		d.Reset(data)
		got := value(&d)
		err := d.End()
		var want any
		wantErr := json.Unmarshal(data, &want)
		if wantErr == nil && utf8.Valid(data) {
			if err != nil {
				t.Fatalf("refused with %v what encoding/json reads", err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got %#v, want %#v", got, want)
			}
		}
		d.Reset(data)
		d.Skip()
		if skipErr := d.End(); wantErr == nil && skipErr != nil {
			t.Fatalf("Skip refused with %v what encoding/json reads", skipErr)
		}
		if err == nil && wantErr != nil && !bytes.ContainsFunc(data, func(r rune) bool { return r < ' ' }) {
			t.Fatalf("read what encoding/json refuses: %v", wantErr)
		}
	})
}

// FuzzString checks that what is written is read back.
func FuzzString(f *testing.F) {
	f.Add("a\"\\\n\x00\u2028é😀\xff")
	f.Fuzz(func(t *testing.T, s string) {
		b := AppendString(nil, s)
		var got string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		want := strings.Map(func(r rune) rune { return r }, s) // each wrong byte becomes U+FFFD
		if got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		var d Decoder
		d.Reset(b)
		if own := d.String(); own != want || d.End() != nil {
			t.Fatalf("Decoder: got %q, %v, want %q", own, d.Err(), want)
		}
	})
}

func TestEncoder(t *testing.T) {
	var e Encoder
	e.Open('{')
	e.Field("s", "a,b:{")
	e.Key("l")
	e.Open('[')
	e.Int(-1)
	e.Float(0.25)
	e.Bool(true)
	e.Raw(nil)
	e.Open('{')
	e.Close('}')
	e.Open('[')
	e.Close(']')
	e.Close(']')
	e.Close('}')
	if got, want := string(e.Buf), `{"s":"a,b:{","l":[-1,0.25,true,null,{},[]]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDeepNesting(t *testing.T) {
	var d Decoder
	d.Reset([]byte(strings.Repeat("[", 1<<20)))
	d.Skip()
	if d.Err() == nil {
		t.Error("a million open brackets were taken")
	}
}

func TestErrorFrom(t *testing.T) {
	for _, c := range []struct {
		body   string
		status int
		kind   reprise.Kind
		text   string
	}{
		{`{"error":{"message":"Incorrect API key provided: sk-secret-1.","type":"invalid_request_error","code":"invalid_api_key"}}`, 401, reprise.KindAuth, "p: Incorrect API key provided: [key]. (status 401)"},
		{``, 401, reprise.KindAuth, "p: unauthorized, with an empty answer (status 401)"},
		{`{"error":{"message":"slow down","code":"rate_limit_exceeded"}}`, 429, reprise.KindRateLimit, "p: slow down (status 429)"},
		{`{"error":{"message":"pay","code":"insufficient_quota"}}`, 429, reprise.KindQuota, "p: pay (status 429)"},
		{`<html><head><title>500 Oops</title></head></html>`, 500, reprise.KindServer, `p: an HTML page ("500 Oops") instead of an answer: is the address that of the API? (status 500)`},
		{`Bad gateway`, 502, reprise.KindServer, `p: an answer that says "Bad gateway" (status 502)`},
		{`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, 529, reprise.KindOverloaded, "p: Overloaded (status 529)"},
		{`[{"error":{"code":429,"message":"Resource has been exhausted","status":"RESOURCE_EXHAUSTED"}}]`, 429, reprise.KindRateLimit, "p: Resource has been exhausted (status 429)"},
		{`{"code":"Client specified an invalid argument","error":"the model grok-9 does not exist"}`, 404, reprise.KindNotFound, "p: the model grok-9 does not exist (status 404)"},
		{`{"error":{"message":"maximum context length is 8 tokens"}}`, 400, reprise.KindContextLength, "p: maximum context length is 8 tokens (status 400)"},
		{strings.Repeat("x", 195) + "sk-secret-1", 500, reprise.KindServer, `p: an answer that says "` + strings.Repeat("x", 195) + `[key]" (status 500)`},
		{`{"error":{"message":"no","code":"sk-secret-1"}}`, 500, reprise.KindServer, "p: no (status 500)"},
		{`{"detail":[{"loc":["body"],"msg":"field required"}]}`, 422, reprise.KindInvalid, `p: [{"loc":["body"],"msg":"field required"}] (status 422)`},
	} {
		got := (&Call{Provider: "p", Key: "sk-secret-1"}).ErrorFrom([]byte(c.body), c.status)
		if got.Kind != c.kind || got.Error() != c.text || strings.Contains(got.Code, "secret") {
			t.Errorf("%d %s: got %s %q, want %s %q", c.status, c.body, got.Kind, got, c.kind, c.text)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	date := time.Date(2026, 3, 12, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"Retry-After": {"20"}}, 20 * time.Second},
		{http.Header{"Retry-After": {"0.5"}}, 500 * time.Millisecond},
		{http.Header{"Retry-After-Ms": {"1500"}, "Retry-After": {"2"}}, 1500 * time.Millisecond},
		{http.Header{"Date": {date.Format(http.TimeFormat)}, "Retry-After": {date.Add(90 * time.Second).Format(http.TimeFormat)}}, 90 * time.Second},
		{http.Header{"Date": {date.Format(http.TimeFormat)}, "Retry-After": {date.Add(-time.Second).Format(http.TimeFormat)}}, 0},
		{http.Header{"Retry-After": {"soon"}}, 0},
	} {
		if got := retryAfter(c.header); got != c.want {
			t.Errorf("%v: got %v, want %v", c.header, got, c.want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	_, err := (&Call{Provider: "p", URL: "http://127.0.0.1:1/v1?key=secret-1", Key: "secret-1"}).Do(t.Context())
	var e *reprise.Error
	if !errors.As(err, &e) || e.Kind != reprise.KindNetwork {
		t.Fatalf("got %v, want a network error", err)
	}
	if strings.Contains(err.Error(), "secret-1") {
		t.Errorf("the key is in the error: %v", err)
	}
}

// TestKept checks that a string which is kept is written as any other, and is
// escaped for the first request alone.
func TestKept(t *testing.T) {
	texts := []string{"", "short \"text\"", strings.Repeat("\tlong \"text\"\n", 100), strings.Repeat("\xff\u2028", 1000)}
	write := func(ctx context.Context) string {
		e := Encoder{}
		e.Begin(ctx)
		e.Open('[')
		for _, s := range texts {
			e.String(s)
		}
		e.Close(']')
		return string(e.Buf)
	}
	ctx := kept.With(t.Context(), new(kept.Strings))
	for range 3 {
		if d := cmp.Diff(write(t.Context()), write(ctx)); d != "" {
			t.Errorf("without and with what is kept:\n%s", d)
		}
	}
	e := Encoder{Buf: make([]byte, 0, 1<<16)}
	e.Begin(ctx)
	if allocs := testing.AllocsPerRun(10, func() { e.Buf = e.Buf[:0]; e.String(texts[2]) }); allocs > 0 {
		t.Errorf("a string that is kept allocates %v times", allocs)
	}
}

func BenchmarkAppendString(b *testing.B) {
	s := strings.Repeat("\tif err := encode(out, value); err != nil { return fmt.Errorf(\"line %d: %w\", err) }\n", 100)
	buf := make([]byte, 0, 2*len(s))
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		buf = AppendString(buf[:0], s)
	}
}

// TestRedirect checks that a key does not follow a redirect to another host.
func TestRedirect(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here" {
			io.WriteString(w, "ok")
			return
		}
		http.Redirect(w, r, map[string]string{"/near": "/here", "/far": other.URL}[r.URL.Path], http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	header := http.Header{"X-Api-Key": {"secret-1"}}
	resp, err := (&Call{Provider: "p", URL: server.URL + "/near", Header: header}).Do(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if _, err := (&Call{Provider: "p", URL: server.URL + "/far", Header: header}).Do(t.Context()); err == nil || reached {
		t.Errorf("got %v, and the other host was reached: %v", err, reached)
	}
}

func TestOwnErrors(t *testing.T) {
	own := &reprise.Error{Kind: reprise.KindAuth, Err: errors.New("no credentials for secret-1")}
	client := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, own })}
	_, err := (&Call{Provider: "p", URL: "http://localhost", Client: client, Key: "secret-1"}).Do(t.Context())
	if want := "p: no credentials for [key]"; err == nil || err.Error() != want || reprise.KindOf(err) != reprise.KindAuth {
		t.Errorf("got %v, want %q", err, want)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func FuzzValid(f *testing.F) {
	for _, s := range []string{`{"type":"object","properties":{"a":{"type":["integer","null"]}}}`, ` [ 1 , -0.5e+3, "\u00e9\n\\\"", true , null ] `,
		"\"a\nb\"", `"\x"`, `"\u12g4"`, `"\`, `[1,]`, `{"a"}`, `01`, "", " ", "1\x00", "\"\xff\"", strings.Repeat("[", 1001) + strings.Repeat("]", 1001)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, want := Valid(data), json.Valid(data); got != want {
			t.Errorf("%q: got %v, want %v", data, got, want)
		}
	})
}

func BenchmarkValid(b *testing.B) {
	schema := []byte(`{"properties":{"a":{"description":"first \"number\"","type":"integer"},"b":{"description":"second number","type":"integer"}},"required":["a","b"],"type":"object"}`)
	b.SetBytes(int64(len(schema)))
	for b.Loop() {
		if !Valid(schema) {
			b.Fatal("not valid")
		}
	}
}
