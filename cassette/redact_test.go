package cassette

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// fakeKeys look like the keys of their kinds and are none.
var fakeKeys = []string{
	"sk-proj-abcdEFGH0123ijklMNOP4567", "sk-ant-api03-AbCd1234-EfGh5678_IjKl9012-MnOpQrSt", "sk-or-v1-0123456789abcdef0123456789abcdef",
	"xai-abcdEFGH0123ijklMNOP4567", "AIza" + "SyA0123456789abcdefghijklmnopqrstuv", "ya29.a0AbCdEfGhIjKlMnOp0123456789", "AKIA" + "ABCDEFGHIJ234567",
	"ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789", "gsk_abcdEFGH0123ijklMNOP4567", "hf_" + "abcdefghijABCDEFGHIJ0123456789abcd",
	"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123_-x", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
	"xoxb-1234567890-abcdefghij0123456789", "glpat-abcdEFGH0123ijklMNOP", "nvapi-abcdEFGH0123ijklMNOP4567",
}

func TestKnownShapes(t *testing.T) {
	r := &Redact{}
	for _, key := range fakeKeys {
		for _, around := range []string{"%s", "the key is %s, keep it", "key=%s&x=1", `"%s"`, "Incorrect API key provided: %s."} {
			got := r.Text(fmt.Sprintf(around, key))
			if want := fmt.Sprintf(around, Redacted); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if again := r.Text(got); again != got {
				t.Errorf("a second time changes %q to %q", got, again)
			}
		}
		body, _ := json.Marshal(map[string]string{"text": "line\n" + key + "\n"})
		var back map[string]string
		if err := json.Unmarshal([]byte(r.Body(string(body))), &back); err != nil || back["text"] != "line\n"+Redacted+"\n" {
			t.Errorf("in JSON: %q, %v", back, err)
		}
	}
	for _, harmless := range []string{
		"task-123", "sk-circle-fade-dot-animation-delay", "risk-assessment", "sk-", "AIza", "eyJhbGciOiJIUzI1NiJ9", "hf_hub", "the bearer of news", "Bearer of the ring",
		"chatcmpl-DIgPqZDSLdYbzqyXn54iajmnPPss9", "toolu_01A09q90qw90lq917835lq9", "fp_99052e9f23", "msg_01NusK7N3cvXsHRya8jx1NDU",
		"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----", "pa-rallel", "gpt-4o-2024-08-06", "xai-grok-code-fast",
	} {
		if got := r.Text(harmless); got != harmless {
			t.Errorf("%q becomes %q", harmless, got)
		}
	}
}

func TestRedactURL(t *testing.T) {
	r := &Redact{Strings: []string{"hush hush"}}
	for in, want := range map[string]string{
		"https://x/v1?key=AIzaX&alt=sse":                     "https://x/v1?key=REDACTED&alt=sse",
		"https://x/v1?alt=sse&api-key=1#frag":                "https://x/v1?alt=sse&api-key=REDACTED#frag",
		"https://user:pass@x/v1":                             "https://REDACTED@x/v1",
		"https://x/a@b":                                      "https://x/a@b",
		"https://x/?X-Amz-Signature=0a&X-Amz-Date=1&ke%79=2": "https://x/?X-Amz-Signature=REDACTED&X-Amz-Date=1&ke%79=REDACTED",
		"https://x/hush%20hush/?q=hush+hush":                 "https://x/REDACTED/?q=REDACTED",
		"https://x/?monkey=1&keys=2":                         "https://x/?monkey=1&keys=2",
		"https://user:p@ss@x/?x-api-key=1":                   "https://REDACTED@x/?x-api-key=REDACTED",
		"/a//b@c":                                            "/a//b@c",
		"//user@x/a":                                         "//REDACTED@x/a",
		"https://x/back#access_token=1&state=a":              "https://x/back#access_token=REDACTED&state=a",
		"https://x/back?a=1#id_token=1":                      "https://x/back?a=1#id_token=REDACTED",
	} {
		got := r.URL(in)
		if got != want || r.URL(got) != want {
			t.Errorf("%s becomes %s and %s, want %s", in, got, r.URL(got), want)
		}
	}
}

func TestRedactBodies(t *testing.T) {
	r := &Redact{Strings: []string{`p"w\d`, "straße"}, Patterns: []*regexp.Regexp{regexp.MustCompile(`(/home/\w+)?`)}}
	for in, want := range map[string]string{
		`{"access_token":"abc","token":"the","nested":{"client_secret":"x\"y"}}`:     `{"access_token":"REDACTED","token":"the","nested":{"client_secret":"REDACTED"}}`,
		`{"api_key":{"type":"string"},"required":["api_key"]}`:                       `{"api_key":{"type":"string"},"required":["api_key"]}`,
		`{"API_KEY":"x","Access-Token":"x"}`:                                         `{"API_KEY":"REDACTED","Access-Token":"REDACTED"}`,
		`{"tools":[{"type":"mcp","authorization":"x","headers":{"X-API-Key":"x"}}]}`: `{"tools":[{"type":"mcp","authorization":"REDACTED","headers":{"X-API-Key":"REDACTED"}}]}`,
		`{"mcp_servers":[{"authorization_token":"x"}],"password":"x"}`:               `{"mcp_servers":[{"authorization_token":"REDACTED"}],"password":"REDACTED"}`,
		`{"a":"p\"w\\d"}`:                    `{"a":"REDACTED"}`,
		`{"a":"{\"b\":\"p\\\"w\\\\d\"}"}`:    `{"a":"{\"b\":\"REDACTED\"}"}`,
		`{"a":"stra\u00dfe 1"}`:              `{"a":"REDACTED 1"}`,
		`{"p\"w\\d":1}`:                      `{"REDACTED":1}`,
		`{"a":"in \/home\/ann\/x"}`:          `{"a":"in REDACTED\/x"}`,
		"grant_type=refresh&refresh_token=x": "grant_type=refresh&refresh_token=REDACTED",
		`text with p"w\d in it`:              `text with REDACTED in it`,
		"\xff\xfebin straße bin":             "\xff\xfebin XXXXXXX bin",
		"{\"id_token\":\"a\xff\"}":           `{"id_token":"REDACTED"}`,
		`["\u12p"w\d"]`:                      `["\u12REDACTED"]`,
		"":                                   "",
	} {
		got := r.Body(in)
		if got != want || r.Body(got) != want {
			t.Errorf("%s becomes %s and %s, want %s", in, got, r.Body(got), want)
		}
	}
}

// A streamShape is how an API streams text.
type streamShape struct{ event, place string }

var streamShapes = []streamShape{
	{`data: {"id":"7","choices":[{"index":0,"delta":{"content":%s}}]}` + "\n\n", "choices"},
	{`event: content_block_delta` + "\r\n" + `data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":%s}}` + "\r\n\r\n", "delta"},
	{`{"model":"m","message":{"role":"assistant","content":%s},"done":false}` + "\n", "message"},
}

// stream returns text as a stream whose events hold a piece each.
func (s streamShape) stream(pieces []string) (body string, chunks []Chunk) {
	for _, piece := range pieces {
		quoted, _ := json.Marshal(piece)
		event := fmt.Sprintf(s.event, quoted)
		body += event
		chunks = append(chunks, Chunk{Size: len(event)})
	}
	return body, chunks
}

// joined returns the text that a client reads from the stream.
func joined(t *testing.T, body string) string {
	t.Helper()
	var text strings.Builder
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "data: "))
		if line == "" || strings.HasPrefix(line, "event:") {
			continue
		}
		var event struct {
			Choices []struct{ Delta struct{ Content string } }
			Delta   struct {
				JSON string `json:"partial_json"`
			}
			Message struct{ Content string }
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("an event is no longer JSON: %v in %s", err, line)
		}
		for _, c := range event.Choices {
			text.WriteString(c.Delta.Content)
		}
		text.WriteString(event.Delta.JSON + event.Message.Content)
	}
	return text.String()
}

// TestSplitSecrets has each secret split over events at each byte, and over
// events of one character.
func TestSplitSecrets(t *testing.T) {
	const named = "correct \"horse\" bättery\nstaple"
	r := &Redact{Strings: []string{named}}
	for _, secret := range append([]string{named}, fakeKeys...) {
		text := "It is " + secret + " I think"
		want := "It is " + Redacted + " I think"
		var splits [][]string
		for n := range text {
			splits = append(splits, []string{text[:n], text[n:]})
		}
		splits = append(splits, strings.Split(text, ""))
		for _, shape := range streamShapes {
			for _, pieces := range splits {
				body, chunks := shape.stream(pieces)
				got, gotChunks := r.Stream(body, chunks)
				if text := joined(t, got); text != want {
					t.Fatalf("%q in pieces %q gives %q", secret, pieces, text)
				}
				at := 0
				for n, c := range gotChunks {
					if end := at + c.Size; end > len(got) || got[end-1] != '\n' {
						t.Fatalf("chunk %d of %q no longer ends where its event ends", n, pieces)
					}
					at += c.Size
				}
				if at != len(got) {
					t.Fatalf("the chunks are %d bytes of %d", at, len(got))
				}
				if again, _ := r.Stream(got, nil); again != got {
					t.Fatalf("a second time changes\n%s\nto\n%s", got, again)
				}
			}
		}
	}
}

// TestParallelStreams has two tool calls whose arguments come in turns.
func TestParallelStreams(t *testing.T) {
	r := &Redact{Strings: []string{"AAAABBBB"}}
	event := `data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"%s"},"index":%d}]}}]}` + "\n\n"
	body := fmt.Sprintf(event, "xAAAA", 0) + fmt.Sprintf(event, "yAA", 1) + fmt.Sprintf(event, "BBBBx", 0) + fmt.Sprintf(event, "AABBBBy", 1)
	want := fmt.Sprintf(event, "xREDACTED", 0) + fmt.Sprintf(event, "yREDACTED", 1) + fmt.Sprintf(event, "x", 0) + fmt.Sprintf(event, "y", 1)
	if got, _ := r.Stream(body, nil); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestCutSecrets cuts a stream in the middle of a secret, at every byte.
func TestCutSecrets(t *testing.T) {
	r := &Redact{Strings: []string{"correct horse battery"}}
	for _, secret := range []string{"correct horse battery", "sk-proj-abcdEFGH0123ijklMNOP4567"} {
		for _, shape := range streamShapes {
			for n := 8; n < len(secret); n++ {
				body, _ := shape.stream([]string{"It is " + secret[:3], secret[3:n]})
				got, _ := r.stream(body, nil, cut)
				if text := joined(t, got); text != "It is "+Redacted {
					t.Errorf("%q cut gives %q", secret[:n], text)
				}
			}
		}
	}
}

// TestHolder checks that no part of a secret is passed on before it is whole,
// and that in the end all is.
func TestHolder(t *testing.T) {
	const named = "correct horse battery"
	f := newFinder(&Redact{Strings: []string{named}})
	for _, secret := range append([]string{named}, fakeKeys...) {
		text := "It is " + secret + " I think. So I do. "
		for _, shape := range streamShapes {
			for n := range text {
				body, _ := shape.stream([]string{text[:n], text[n:], "."})
				h := &holder{f: f}
				var out strings.Builder
				for b := range len(body) {
					out.WriteString(h.add([]byte(body[b : b+1])))
					for _, part := range []string{secret[:min(8, len(secret))], secret} {
						if strings.Contains(out.String(), part) {
							t.Fatalf("%q split at %d: passed on %s", secret, n, out.String())
						}
					}
				}
				if h.clean() {
					t.Fatalf("%q split at %d: passed as clean", secret, n)
				}
				if got := joined(t, out.String()); got != "It is "+Redacted+" I think. So I do. ." {
					t.Fatalf("%q split at %d: passed on %q", secret, n, got)
				}
			}
		}
	}
}

// TestManyBegins has text in which a key may begin everywhere, and go on to
// the end: to look at all of it each time takes minutes.
func TestManyBegins(t *testing.T) {
	var r Redact
	for _, begin := range []string{"eyJ.", "ya29.", "Credential=", "sk-", "Bearer ", "-----BEGIN PRIVATE KEY-----"} {
		text := strings.Repeat(begin, 100_000/len(begin))
		if once := r.Text(text); r.Text(once) != once {
			t.Errorf("%s…: what is left of it is redacted again", begin)
		}
	}
}

// TestSchemes puts credentials behind the name of their scheme, which stays,
// and splits them over two events.
func TestSchemes(t *testing.T) {
	r := &Redact{}
	for _, scheme := range []string{"Bearer ", "bearer ", "Basic "} {
		text, want := "It is "+scheme+"dXNlcjpodW50ZXIyCg== I think. ", "It is "+scheme+Redacted+" I think. "
		for n := range text {
			body, chunks := streamShapes[0].stream([]string{text[:n], text[n:]})
			h := &holder{f: r.find()}
			if got := joined(t, h.add([]byte(body))); got != want || h.clean() {
				t.Errorf("split at %d: %q is passed on, as clean: %v", n, got, h.clean())
			}
			if body, _ = r.Stream(body, chunks); joined(t, body) != want {
				t.Errorf("split at %d: %q", n, joined(t, body))
			}
		}
	}
}

// FuzzRedaction checks that what is JSON stays it, with the same shape, that
// a stream's events do, and that a second time changes nothing.
func FuzzRedaction(f *testing.F) {
	f.Add(`{"a":"sk-proj-abcdEFGH0123ijklMNOP4567\n","access_token":"x"}`, "sk-")
	f.Add("data: {\"a\":\"hu\"}\n\ndata: {\"a\":\"sh\"}\n", "hush")
	f.Add(`["\ud83d\ude00","\u0068ush"]`, "hush")
	f.Add("a=b&key=x", "b")
	f.Fuzz(func(t *testing.T, body, secret string) {
		if len(secret) < 2 || strings.Contains(Redacted, secret) || strings.Contains(secret, Redacted[:1]) || strings.Contains(secret, Redacted[len(Redacted)-1:]) {
			return // Redacted itself would be a secret, or become one
		}
		r := &Redact{Strings: []string{secret}}
		chunks := cutUp(body)
		got, gotChunks := r.Stream(body, chunks)
		if trust(gotChunks, len(got)) == nil {
			t.Fatalf("the chunks no longer fit: %v, %d bytes", gotChunks, len(got))
		}
		if again, _ := r.Stream(got, nil); again != got && utf8.ValidString(body) {
			t.Fatalf("%q becomes %q and then %q", body, got, again)
		}
		h := &holder{f: r.find()}
		at := 0
		for _, c := range chunks {
			h.add([]byte(body[at : at+c.Size]))
			at += c.Size
		}
		if h.clean() && got != body {
			t.Fatalf("%q passes as clean and becomes %q", body, got)
		}
		for a, b := range pairs(body, got) {
			if utf8.ValidString(body) && likeJSON(a) && json.Valid([]byte(a)) && !json.Valid([]byte(b)) {
				t.Fatalf("%q becomes %q", a, b)
			}
		}
	})
}

// cutUp returns chunks of random sizes for the body.
func cutUp(body string) (chunks []Chunk) {
	rnd := rand.New(rand.NewPCG(1, uint64(len(body))))
	for n := len(body); n > 0; {
		size := 1 + rnd.IntN(n)
		chunks = append(chunks, Chunk{Size: size})
		n -= size
	}
	return append(chunks, Chunk{})
}

// pairs yields the data of each line of two bodies, and the bodies.
func pairs(a, b string) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		if !yield(a, b) || !isEvents(a) {
			return
		}
		x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
		if len(x) != len(y) {
			return // a secret with a line break
		}
		for n := range x {
			if !yield(strings.TrimPrefix(x[n], "data:"), strings.TrimPrefix(y[n], "data:")) {
				return
			}
		}
	}
}

func TestScrub(t *testing.T) {
	const key = "sk-proj-abcdEFGH0123ijklMNOP4567"
	rec := &Recording{Interactions: []Interaction{{
		ID: 3,
		Request: Request{URL: "https://x/?key=" + key, Method: "POST", Body: `{"a":"` + key + `"}`, Form: map[string][]string{"key": {key}},
			Header: map[string][]string{"Authorization": {"Bearer " + key}, "X-Custom-Auth": {"Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA"}, "Ocp-Apim-Subscription-Key": {"hush"}}},
		Response: Response{Code: 200, Body: "data: {\"a\":\"sk-proj-abcd\"}\n\ndata: {\"a\":\"EFGH0123ijklMNOP4567\"}\n\n", Header: map[string][]string{"Set-Cookie": {"s=1234567890"}, "Location": {"https://x/?key=" + key}}},
		Error:    "bad key " + key,
	}, {Effect: &Effect{Name: "n", Input: key, Output: key}}}}
	r := &Redact{}
	var want []string
	for _, f := range r.Find(rec) {
		if !f.Guess {
			want = append(want, f.String())
		} else if f.Where != "request header X-Custom-Auth" {
			t.Errorf("a wrong guess: %v", f)
		}
		if strings.Contains(f.String(), key[:12]) {
			t.Errorf("a finding tells the secret: %v", f)
		}
	}
	if len(want) != 11 {
		t.Errorf("found %d:\n%s", len(want), strings.Join(want, "\n"))
	}
	var got []string
	for _, f := range r.Scrub(rec) {
		got = append(got, f.String())
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if left := r.Scrub(rec); left != nil {
		t.Errorf("after Scrub there is still %v", left)
	}
	if strings.Contains(fmt.Sprintf("%+v %+v", rec, rec.Interactions[1].Effect), key[:12]) {
		t.Error("the key is still there")
	}
}

// TestFindsNothingFalse: the samples hold no secrets.
func TestFindsNothingFalse(t *testing.T) {
	for _, file := range samples(t) {
		rec, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range (&Redact{}).Find(rec) {
			t.Errorf("%s: %v", file, f)
		}
	}
}
