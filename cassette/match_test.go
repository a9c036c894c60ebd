package cassette_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/repriselabs/reprise/cassette"
)

// recorded returns a cassette with one exchange for each body, answered by
// its number.
func recorded(bodies ...string) *cassette.Cassette {
	rec := &cassette.Recording{}
	for n, body := range bodies {
		rec.Interactions = append(rec.Interactions, cassette.Interaction{
			ID:       n,
			Request:  cassette.Request{Method: "POST", URL: "http://x/?a=1&t=2", Body: body, Header: http.Header{"Accept": {"a"}}},
			Response: cassette.Response{Code: 200, Body: fmt.Sprint(n)},
		})
	}
	return &cassette.Cassette{File: "memory", Recording: rec}
}

func TestMatch(t *testing.T) {
	date := regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	type normalize = []cassette.Normalize
	for _, test := range []struct {
		recorded, got string
		match         cassette.Match
		want          bool
	}{
		{`{"a":1,"b":2}`, ` { "b" : 2, "a" : 1 } `, cassette.Match{}, true},
		{`{"a":9007199254740993}`, `{"a":9007199254740992}`, cassette.Match{}, false},
		{`{"a":1.50}`, `{"a":15e-1}`, cassette.Match{}, true},
		{`{"a":"\u00e9\/"}`, `{"a":"é/"}`, cassette.Match{}, true},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, cassette.Match{}, false},
		{`{"a":1,"a":2}`, `{"a":2,"a":1}`, cassette.Match{}, false},
		{`{"a":null}`, `{}`, cassette.Match{}, false},
		{`{"a":"1"}`, `{"a":1}`, cassette.Match{}, false},
		{"text", "text", cassette.Match{}, true},
		{"text", "text ", cassette.Match{}, false},
		{"", "", cassette.Match{}, true},
		{`{"a":`, `{"a": `, cassette.Match{}, false},

		{`{"a":1,"b":2}`, `{"a":1,"b":3}`, cassette.Match{Ignore: []string{"b"}}, true},
		{`{"a":1,"b":2}`, `{"a":1}`, cassette.Match{Ignore: []string{"b"}}, true},
		{`{"a":1,"b":2}`, `{"a":2,"b":2}`, cassette.Match{Ignore: []string{"b"}}, false},
		{`{"m":[{"id":1,"c":1},{"id":2}]}`, `{"m":[{"id":7,"c":1},{"id":8}]}`, cassette.Match{Ignore: []string{"m[*].id"}}, true},
		{`{"m":[{"id":1},{"id":2}]}`, `{"m":[{"id":7},{"id":8}]}`, cassette.Match{Ignore: []string{"m[0].id"}}, false},
		{`{"m":[{"id":1}]}`, `{"m":[{"id":7},{"id":8}]}`, cassette.Match{Ignore: []string{"m[*].id"}}, false},
		{`{"x":{"y":[{"t":1}]},"t":1}`, `{"x":{"y":[{"t":2}]},"t":3}`, cassette.Match{Ignore: []string{"**.t"}}, true},
		{`{"x":{"t":1}}`, `{"x":{"t":2}}`, cassette.Match{Ignore: []string{"*.t"}}, true},
		{`{"odd key.":1}`, `{"odd key.":2}`, cassette.Match{Ignore: []string{`["odd key."]`}}, true},
		{`{"a":"on 2026-01-02"}`, `{"a":"on 2026-11-12"}`, cassette.Match{Normalize: normalize{{"a", date, "DATE"}}}, true},
		{`{"a":"on 2026-01-02"}`, `{"a":"at 2026-11-12"}`, cassette.Match{Normalize: normalize{{"a", date, "DATE"}}}, false},
	} {
		for range 2 { // matching is symmetric
			c := recorded(test.recorded)
			c.Match = test.match
			_, err := try(c, "POST", "http://x/?a=1&t=2", test.got)
			if got := err == nil; got != test.want {
				t.Errorf("%s and %s with %+v match: %v (%v)", test.recorded, test.got, test.match, got, err)
			}
			test.recorded, test.got = test.got, test.recorded
		}
	}
}

func TestMatchOther(t *testing.T) {
	c := recorded("b")
	if _, err := try(c, "POST", "http://x/?a=1&t=3", "b"); err == nil {
		t.Error("another query matches")
	}
	if _, err := try(c, "PUT", "http://x/?a=1&t=2", "b"); err == nil {
		t.Error("another method matches")
	}
	c.Match.Query = []string{"t"}
	c = &cassette.Cassette{Recording: c.Recording, Match: cassette.Match{Query: []string{"t"}}}
	ask(t, c, "POST", "http://x/?t=9&a=1", "b")
	c = &cassette.Cassette{Recording: c.Recording, Match: cassette.Match{Query: []string{"t", "a"}}}
	ask(t, c, "POST", "http://x/", "b")

	c = recorded("b", "b")
	c.Match.Headers = []string{"Accept"}
	req, _ := http.NewRequest("POST", "http://x/?a=1&t=2", strings.NewReader("b"))
	if _, err := c.RoundTrip(req); err == nil {
		t.Error("a request without the header matches")
	}
	req, _ = http.NewRequest("POST", "http://x/?a=1&t=2", strings.NewReader("b"))
	req.Header.Set("Accept", "a")
	if _, err := c.RoundTrip(req); err != nil {
		t.Error(err)
	}

	c = recorded("b", "b")
	c.Match.Repeat = true
	for _, want := range []string{"0", "1", "1", "1"} {
		if got := ask(t, c, "POST", "http://x/?a=1&t=2", "b"); got.Body != want {
			t.Errorf("Repeat gives %s, want %s", got.Body, want)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "a..b", "a.", "[x]", `["a`, "a[0]b", "**", "a.**"} {
		c := recorded("b")
		c.Match.Ignore = []string{bad}
		if _, err := try(c, "POST", "http://x/?a=1&t=2", "b"); err == nil || !strings.Contains(err.Error(), "Match.Ignore") {
			t.Errorf("the path %q gives %v", bad, err)
		}
	}
}

func TestMultipartBoundary(t *testing.T) {
	form := func(file string) string {
		var buf bytes.Buffer
		w := multipart.NewWriter(&buf) // its boundary is random
		part, _ := w.CreateFormFile("file", "a.png")
		io.WriteString(part, file)
		w.WriteField("purpose", "x")
		w.Close()
		return buf.String()
	}
	c := recorded(form("\x89PNG\r\n--\r\n"))
	if _, err := try(c, "POST", "http://x/?a=1&t=2", form("other")); err == nil {
		t.Error("another file matches")
	}
	ask(t, c, "POST", "http://x/?a=1&t=2", form("\x89PNG\r\n--\r\n"))
}

type laneKey struct{}

// TestLanes has two sub-agents that send the same request.
func TestLanes(t *testing.T) {
	file := t.TempDir() + "/c.yaml"
	lanes := cassette.Match{Lane: func(ctx context.Context) string {
		name, _ := ctx.Value(laneKey{}).(string)
		return name
	}}
	in := func(c *cassette.Cassette, lane string) (answers []string) {
		for range 2 {
			ctx := context.WithValue(t.Context(), laneKey{}, lane)
			req, _ := http.NewRequestWithContext(ctx, "POST", "http://x/", strings.NewReader("go on"))
			resp, err := c.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			answers = append(answers, string(body))
		}
		return answers
	}
	n := 0
	c := &cassette.Cassette{File: file, Mode: cassette.Record, Match: lanes, Transport: answering(func(string) (int, string) {
		n++
		return 200, fmt.Sprint(n)
	})}
	first, second := in(c, "researcher"), in(c, "writer")
	closed(t, c)
	r := &cassette.Cassette{File: file, Match: lanes}
	if got := in(r, "writer"); !reflect.DeepEqual(got, second) {
		t.Errorf("the writer gets %v, want %v", got, second)
	}
	if got := in(r, "researcher"); !reflect.DeepEqual(got, first) {
		t.Errorf("the researcher gets %v, want %v", got, first)
	}
	closed(t, r)
}

func TestMissForNothingLike(t *testing.T) {
	c := recorded()
	_, err := try(c, "POST", "http://x/", "b")
	var miss *cassette.MissError
	if !errors.As(err, &miss) || miss.Nearest != nil {
		t.Errorf("got %v", err)
	}
	c = recorded(`{"messages":[{"a":1},{"a":2}],"tools":["x"]}`, `{"messages":[],"other":true}`)
	_, err = try(c, "POST", "http://x/?a=1&t=2", `{"messages":[{"a":1},{"a":3},{"a":4}],"tools":["x"],"n":1}`)
	if !errors.As(err, &miss) || miss.Nearest.ID != 0 || miss.Used {
		t.Fatalf("got %v", err)
	}
	want := []cassette.Change{{"messages[1].a", "2", "3"}, {"messages[2]", "", `{"a":4}`}, {"n", "", "1"}}
	if !reflect.DeepEqual(miss.Changes, want) || !reflect.DeepEqual(miss.Equal, []string{"messages[0..0]"}) {
		t.Errorf("got %+v, equal %v", miss.Changes, miss.Equal)
	}
	c.Explain = func(got, recorded *cassette.Request) string { return "the second message differs" }
	if _, err = try(c, "POST", "http://x/?a=1&t=2", `{"messages":[{"a":1}]}`); err == nil || !strings.Contains(err.Error(), "\n    the second message differs") {
		t.Errorf("with Explain: %v", err)
	}
}

// TestFinding asks random cassettes, in which most bodies are there in several
// spellings, for random bodies: each time the answer is that of the first equal
// request which was not used yet, as a search through all of them finds it.
func TestFinding(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		bodies, values := make([]string, 1+r.IntN(12)), make([]int, 12)
		for n := range bodies {
			values[n] = r.IntN(4)
			bodies[n] = spelled(r, values[n])
		}
		c := recorded(bodies...)
		c.Match.Repeat = r.IntN(2) == 0
		used := make([]bool, len(bodies))
		for range 3 * len(bodies) {
			value := r.IntN(5)
			asked := spelled(r, value)
			want, last := "none", "none"
			for n := range bodies {
				if values[n] != value {
					continue
				}
				last = fmt.Sprint(n)
				if !used[n] {
					used[n], want = true, last
					break
				}
			}
			if want == "none" && c.Match.Repeat {
				want = last
			}
			got := "none"
			if answer, err := try(c, "POST", "http://x/?a=1&t=2", asked); err == nil {
				got = answer.Body
			}
			if got != want {
				t.Fatalf("seed %d: %s is answered with %s, want %s, of\n%s", seed, asked, got, want, strings.Join(bodies, "\n"))
			}
		}
	}
}

// spelled returns JSON of the value, in one of many spellings.
func spelled(r *rand.Rand, value int) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	space := func() string { return pick("", "", " ", "\n\t", "  ") }
	// Two values differ in the middle of a long string, and in a number.
	text := strings.Repeat("a", 40) + pick(`\n`, `\u000A`, `\u000a`) + "é" + pick("/", `\/`) + strings.Repeat("b", 40)
	members := []string{
		`"long"` + space() + ":" + space() + `"` + strings.ReplaceAll(text, "é", string(rune('c'+value/2))+pick("é", `\u00e9`, `\u00E9`)) + `"`,
		`"number":` + space() + []string{pick("1", "1.0", "10e-1"), pick("1.5", "15E-1", "1.50")}[value%2],
		pick(`"short"`, `"\u0073hort"`) + `:[true,` + space() + `null]` + space(),
		`"` + strings.Repeat("k", 70) + `":{` + pick(`"x":0,"y":{}`, `"y":{},"x":-0`) + `}`,
	}
	r.Shuffle(len(members), func(a, b int) { members[a], members[b] = members[b], members[a] })
	return space() + "{" + strings.Join(members, space()+","+space()) + "}" + space()
}

// TestMissForWhatIsNotBody: what else can differ is named, and never taken
// for a request that was asked too often.
func TestMissForWhatIsNotBody(t *testing.T) {
	lane := func(name string) func(context.Context) string { return func(context.Context) string { return name } }
	rec := &cassette.Recording{Interactions: []cassette.Interaction{{
		Lane:     "search",
		Request:  cassette.Request{Method: "POST", URL: "http://x/?t=1", Body: `{"a":1}`, Header: http.Header{"Accept": {"a"}}},
		Response: cassette.Response{Code: 200},
	}, {
		ID: 1, Outcome: cassette.Begun, Effect: &cassette.Effect{Name: "pay", Once: true},
	}}}
	for _, test := range []struct {
		match     cassette.Match
		url, body string
		want      string
	}{
		{cassette.Match{Lane: lane("search"), Headers: []string{"Accept"}}, "http://x/?t=1", `{"a":1}`, "nearest is exchange 0\n    header Accept: recorded \"a\", now \"b\"\n"},
		{cassette.Match{Lane: lane("write")}, "http://x/?t=1", `{"a":1}`, "nearest is exchange 0\n    lane: recorded \"search\", now \"write\"\n"},
		{cassette.Match{}, "http://x/?t=1", `{"a":1}`, "nearest is exchange 0\n    lane: recorded \"search\", now missing\n"},
		{cassette.Match{Lane: lane("search"), Query: []string{"t"}}, "http://x/?t=2", `{"a":2}`, "nearest is exchange 0\n    a: recorded 1, now 2\n"},
		{cassette.Match{Lane: lane("search"), Query: []string{"t"}}, "http://x/", `{"a":2}`, "nearest is exchange 0\n    a: recorded 1, now 2\n"},
		{cassette.Match{Lane: lane("search")}, "http://x/?t=2", `{"a":1}`, "nearest is exchange 0, to POST http://x/?t=1\n"},
	} {
		c := &cassette.Cassette{File: "f", Recording: rec, Match: test.match}
		req, _ := http.NewRequest("POST", test.url, strings.NewReader(test.body))
		req.Header.Set("Accept", "b")
		_, err := c.RoundTrip(req)
		want := "cassette f: no recording for POST " + test.url + "\n  " + test.want + "  to record again, set Mode to Record"
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	c := &cassette.Cassette{File: "f", Recording: rec}
	_, err := c.Once(t.Context(), "pay", nil, nil)
	if miss := new(cassette.MissError); !errors.As(err, &miss) || miss.Used {
		t.Errorf("a call that was only begun: %v", err)
	}
}

// FuzzMatching checks that two bodies match if and only if they are the same
// value, as a slow and simple comparison has it.
func FuzzMatching(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,-0,1e2],"b":{"c":null}}`, `"\ud83d\ude00\n"`, `[]`, `{"a":1,"b":[true,false]}`, `[1E400,0.1e-5]`, `{"` + strings.Repeat("long", 20) + `":"` + strings.Repeat(`\\\n`, 40) + `1"}`} {
		f.Add(s, s)
		f.Add(s, strings.ReplaceAll(s, "1", "2"))
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var x, y any
		if !plainValue(a, &x) || !plainValue(b, &y) {
			return
		}
		want := reflect.DeepEqual(x, y)
		if got := cassette.Diff(a, b) == nil; got != want {
			t.Fatalf("%s and %s match: %v, want %v", a, b, got, want)
		}
		var spaced bytes.Buffer
		json.Indent(&spaced, []byte(a), " ", "\t")
		again, _ := json.Marshal(json.RawMessage(a))
		for _, same := range []string{spaced.String(), string(again)} {
			if d := cassette.Diff(same, a); d != nil {
				t.Fatalf("%s and %s differ: %v", same, a, d)
			}
		}
	})
}

// plainValue decodes JSON in which all is exact: no keys that are there twice,
// no huge exponents, no halves of characters.
func plainValue(s string, v *any) bool {
	if strings.Contains(s, `\u`) || !json.Valid([]byte(s)) || !strings.Contains("{[", s[:1]) || strings.ToValidUTF8(s, "") != s {
		return false
	}
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	if dec.Decode(v) != nil {
		return false
	}
	ok := true
	members := 0
	*v = exact(*v, &ok, &members)
	return ok && strings.Count(s, ":") <= members // a colon in a string is given up on, too
}

// A number is not a string.
type number string

func exact(v any, ok *bool, members *int) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			*members++
			v[key] = exact(v[key], ok, members)
		}
	case []any:
		for n := range v {
			v[n] = exact(v[n], ok, members)
		}
	case json.Number:
		if e := strings.IndexAny(string(v), "eE"); e >= 0 && len(v)-e > 5 {
			*ok = false
			return v
		}
		r, _ := new(big.Rat).SetString(string(v))
		return number(r.RatString())
	}
	return v
}
