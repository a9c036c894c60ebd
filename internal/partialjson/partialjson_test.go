package partialjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// complete makes of the beginning of a JSON value the value as far as it is
// known, by reading all of it. It is what the Decoder is checked against.
func complete(prefix string) string {
	r := reader{s: prefix}
	v, ok := r.value()
	if !ok {
		return "null"
	}
	return v
}

type reader struct {
	s string
	i int
}

func (r *reader) peek() byte {
	r.i += len(r.s[r.i:]) - len(strings.TrimLeft(r.s[r.i:], " \t\r\n"))
	if r.i == len(r.s) {
		return 0
	}
	return r.s[r.i]
}

// value reports whether anything is known of the next value.
func (r *reader) value() (string, bool) {
	switch c := r.peek(); c {
	case 0:
		return "", false
	case '{', '[':
		r.i++
		return r.list(c), true
	case '"':
		return r.str()
	}
	n := strings.IndexAny(r.s[r.i:], " \t\r\n,]}")
	if n < 0 {
		r.i = len(r.s)
		return "", false
	}
	r.i += n
	return r.s[r.i-n : r.i], true
}

func (r *reader) list(open byte) string {
	var items []string
	for c := r.peek(); c != 0 && c != open+2; c = r.peek() {
		if c == ',' {
			r.i++
		}
		item := ""
		if open == '{' {
			if r.peek() == 0 {
				break
			}
			key, _ := r.str()
			if r.peek() == 0 {
				break
			}
			r.i++ // the colon
			item = key + ":"
		}
		v, ok := r.value()
		if !ok {
			break
		}
		items = append(items, item+v)
	}
	if r.peek() != 0 {
		r.i++
	}
	return string(open) + strings.Join(items, ",") + string(open+2)
}

func (r *reader) str() (string, bool) {
	start := r.i
	good := start + 1 // where it could end
	for i := good; i < len(r.s); {
		switch c := r.s[i]; {
		case c == '"':
			r.i = i + 1
			return r.s[start:r.i], true
		case c == '\\':
			n := 2
			if i+1 < len(r.s) && r.s[i+1] == 'u' {
				n = 6
				if i+n <= len(r.s) && strings.ContainsAny(r.s[i+2:i+3], "dD") && strings.ContainsAny(r.s[i+3:i+4], "89abAB") {
					rest := r.s[i+n:] // of a surrogate: a second escape may go with it
					if rest == "" || rest == `\` || strings.HasPrefix(rest, `\u`) && len(rest) < 6 {
						i = len(r.s)
						break
					}
				}
			}
			i += n
			if i <= len(r.s) {
				good = i
			}
		default:
			if !utf8.FullRuneInString(r.s[i:]) {
				i = len(r.s)
				break
			}
			_, n := utf8.DecodeRuneInString(r.s[i:])
			i += n
			good = i
		}
	}
	r.i = len(r.s)
	return r.s[start:good] + `"`, true
}

func TestComplete(t *testing.T) {
	for prefix, want := range map[string]string{
		``:                     `null`,
		`{`:                    `{}`,
		`{"a`:                  `{}`,
		`{"a": `:               `{}`,
		`{"a": 1`:              `{}`,
		`{"a": 1,`:             `{"a":1}`,
		`{"a": "x`:             `{"a":"x"}`,
		`{"a": "x\`:            `{"a":"x"}`,
		`{"a": "x\n\u00e`:      `{"a":"x\n"}`,
		`{"a": "\ud83d`:        `{"a":""}`,
		`{"a": "\ud83d\ude0`:   `{"a":""}`,
		`{"a": "\ud83d\ude00`:  `{"a":"\ud83d\ude00"}`,
		`{"a": "\ud83dx`:       `{"a":"\ud83dx"}`,
		"[\"\xc3":              `[""]`,
		`[tru`:                 `[]`,
		`[true `:               `[true]`,
		`[[1, 2], {"b": [{}, `: `[[1,2],{"b":[{}]}]`,
		`[1, 2] `:              `[1,2]`,
	} {
		if got := complete(prefix); got != want {
			t.Errorf("%q: got %s, want %s", prefix, got, want)
		}
	}
}

type base struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
}

type more struct {
	base
	*Extra
	Name   string            `json:"name"`
	Ratio  *float64          `json:"ratio"`
	OK     bool              `json:"ok"`
	List   []more            `json:"list"`
	Names  []string          `json:"names"`
	Deep   [][]int           `json:"deep"`
	Ptr    *more             `json:"ptr"`
	Ptrs   []*more           `json:"ptrs"`
	Map    map[string]more   `json:"map"`
	Texts  map[word]*string  `json:"texts"`
	Lists  map[string][]word `json:"lists"`
	Any    any               `json:"any"`
	Anys   []any             `json:"anys"`
	Hidden int               `json:"-"`
	Number json.Number       `json:"number"`
	Title  string            `json:"title"` // hides base's
}

type Extra struct {
	Note string `json:"note"`
}

type word string

const sample = `{ "id": 12, "title":"tit\nle", "note" : "n\u00e9\ud83d\ude00", "name":"é😀", "ratio":-1.5e3, "ok":true, "list":[ {"id":1,"list":[{"id":3}]}, {"name":"b"}],
"names":["a","","c"], "deep":[[1,2],[],[3]], "ptr":{"name":"p","ptr":{"ptr":null}}, "ptrs":[{"id":1},null], "map":{"x":{"id":2,"names":["q"]},"y":{}},
"texts":{"a":"b","c":null}, "lists":{"l":["m","n"]}, "any":{"k":[1,"t",{"u":[false]}]}, "anys":[[["x"]],{"y":"z"},null,1], "Hidden":3, "number":1.50,
"unknown":{"id":[1]}, "ID":5, "OK":"no" }`

// FuzzDecoder checks that after each piece, whatever they are, the value is
// what encoding/json makes of the completed text, and that text that is no
// JSON does no harm.
func FuzzDecoder(f *testing.F) {
	f.Add(sample, uint64(1))
	f.Add(`["a\ud800\"b","\udc00","\ud83dx","\ud83d\ud83d\ude00","\/\b\f\r\t"]`, uint64(2))
	f.Add("[\"\xff\xf0\x9f\",\"\xe2\x82\\n\",\"\xe2\x82\xac\"]", uint64(3))
	f.Add(`{"list":{"id":1},"names":[1,"a",{}],"ptr":"x","map":[1],"id":1e99,"deep":[1,[2]],"ratio":"x"}`, uint64(4))
	f.Add(`{"a":tru,}`, uint64(5))
	f.Add(` [1 2]`, uint64(6))
	f.Add(`{"a" 1}`, uint64(7))
	f.Fuzz(func(t *testing.T, s string, seed uint64) {
		if len(s) > 2000 || depth(s) > maxDepth {
			t.Skip()
		}
		typed := json.Valid([]byte(s)) && !repeats(s)
		rng := rand.New(rand.NewPCG(seed, 0))
		for _, most := range []int{1, 7, 2000} {
			check[any](t, s, func() int { return 1 + rng.IntN(most) })
			if typed {
				check[more](t, s, func() int { return 1 + rng.IntN(most) })
			}
		}
	})
}

func check[T any](t *testing.T, s string, size func() int) {
	t.Helper()
	var got T
	d := New(&got)
	valid := json.Valid([]byte(s))
	for i := 0; i < len(s); {
		n := min(i+size(), len(s))
		before := fmt.Sprintf("%+v", any(got))
		changed := d.Write(s[i:n])
		i = n
		if !valid {
			continue
		}
		if d.Err() != nil {
			t.Fatalf("%q of %q: %v", s[:i], s, d.Err())
		}
		text := complete(s[:i])
		if !json.Valid([]byte(text)) {
			t.Fatalf("%q was completed as %q", s[:i], text)
		}
		var want T
		var mismatch *json.UnmarshalTypeError
		if err := json.Unmarshal([]byte(text), &want); err != nil && !errors.As(err, &mismatch) {
			return // such as a json.Number that is a string
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("%q, completed as %s (-want +got):\n%s", s[:i], text, cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })))
		}
		if after := fmt.Sprintf("%+v", any(got)); !changed && before != after {
			t.Fatalf("%q changed the value to %s without a word", s[:i], after)
		}
	}
}

func depth(s string) int { return strings.Count(s, "{") + strings.Count(s, "[") }

// repeats reports whether an object names a member twice: encoding/json then
// decodes into what is there already.
func repeats(s string) bool {
	dec := json.NewDecoder(strings.NewReader(s))
	var walk func() bool
	walk = func() bool {
		tok, err := dec.Token()
		if err != nil {
			return false
		}
		seen := map[string]bool{}
		for isKey := true; dec.More() && (tok == json.Delim('{') || tok == json.Delim('[')); {
			if tok == json.Delim('{') {
				key, _ := dec.Token()
				name, _ := key.(string)
				if seen[strings.ToUpper(name)] {
					return true
				}
				seen[strings.ToUpper(name)] = isKey
			}
			if walk() {
				return true
			}
		}
		if _, ok := tok.(json.Delim); ok {
			_, _ = dec.Token()
		}
		return false
	}
	return walk()
}

// Every prefix, one byte at a time.
func TestEveryPrefix(t *testing.T) {
	check[more](t, sample, func() int { return 1 })
	check[any](t, sample, func() int { return 1 })
}

// Random values, most of which fit the type.
func TestRandomValues(t *testing.T) {
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := random(rng, 4)
		if !json.Valid([]byte(s)) {
			t.Fatalf("%q is not JSON", s)
		}
		size := func() int { return 1 + rng.IntN(9) }
		check[any](t, s, size)
		if !repeats(s) {
			check[more](t, s, size)
		}
	}
}

func random(rng *rand.Rand, deep int) string {
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	space := pick("", "", " ", "\n\t")
	text := func() string {
		return `"` + strings.Repeat(pick("", "a", "é", "😀", `\n`, `\ud83d\ude00`, `\ud83d`, `\udc00`, "\xe2\x82", `\"`), rng.IntN(4)) + pick("", "z", "\xff") + `"`
	}
	var items []string
	switch n := rng.IntN(10); {
	case deep == 0 || n < 2:
		return space + pick("0", "-1.5e3", "12", "true", "false", "null", "1e999") + space
	case n < 4:
		return space + text() + space
	case n < 6:
		for range rng.IntN(4) {
			items = append(items, random(rng, deep-1))
		}
		return space + "[" + strings.Join(items, ",") + "]" + space
	}
	for range rng.IntN(5) {
		key := pick("id", "title", "note", "name", "ratio", "ok", "list", "names", "deep", "ptr", "ptrs", "map", "texts", "lists", "any", "anys", "NAMES", "x", "Hidden")
		items = append(items, space+`"`+key+`"`+space+":"+random(rng, deep-1))
	}
	return space + "{" + strings.Join(items, ",") + "}" + space
}

func TestWholeTypes(t *testing.T) {
	type whole struct {
		When   time.Time       `json:"when"`
		Bytes  []byte          `json:"bytes"`
		Raw    json.RawMessage `json:"raw"`
		Raws   []json.RawMessage
		Keys   map[int]string
		Pair   [2]int
		Quoted int `json:",string"`
	}
	var got whole
	d := New(&got)
	for _, piece := range []string{ // each changes the value with its last byte
		`{`, `"when":"2025-11-23T15:00:00Z"`, `,"bytes":"aGk="`, `,"raw":{"a" : [1, "]"]}`, `,"Raws":[`, `1,`, `"x\""`, `,{"b":2}`,
		`],"Keys":{"1":"one"}`, `,"Pair":[1,2]`,
	} {
		for i := range len(piece) {
			if changed := d.Write(piece[i : i+1]); changed != (i == len(piece)-1) {
				t.Errorf("byte %d of %s: changed is %v", i, piece, changed)
			}
		}
	}
	if d.Write(`,"Quoted":"3"}`) {
		t.Error("a number in a string was decoded")
	}
	want := whole{
		When: time.Date(2025, 11, 23, 15, 0, 0, 0, time.UTC), Bytes: []byte("hi"), Raw: json.RawMessage(`{"a" : [1, "]"]}`),
		Raws: []json.RawMessage{json.RawMessage("1"), json.RawMessage(`"x\""`), json.RawMessage(`{"b":2}`)},
		Keys: map[int]string{1: "one"}, Pair: [2]int{1, 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !d.Done() {
		t.Error("not done at the end")
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,}`:                `JSON at byte 7: want a key`,
		`{"a" 1}`:                 `JSON at byte 5: want a colon`,
		`[1 2]`:                   `JSON at byte 3: want a comma or the end`,
		`[1,]`:                    `JSON at byte 3: want a value`,
		`[01]`:                    `JSON at byte 3: want a value`,
		`["\x"]`:                  `JSON at byte 3: want an escape`,
		`["\u00g0"]`:              `JSON at byte 6: want four hexadecimal digits`,
		"[\"a\nb\"]":              `JSON at byte 3: want no control character`,
		`[1}`:                     `JSON at byte 2: want a comma or the end`,
		strings.Repeat("[", 1001): `JSON at byte 1000: want less nesting`,
	} {
		var v any
		d := New(&v)
		for i := range len(text) {
			d.Write(text[i : i+1])
		}
		if d.Err() == nil || d.Err().Error() != want {
			t.Errorf("%.20q: got %v, want %s", text, d.Err(), want)
		}
	}
}

func TestAfterTheEndNothing(t *testing.T) {
	var v any
	d := New(&v)
	d.Write(`{"a":1} and {"b":2}`)
	if diff := cmp.Diff(map[string]any{"a": 1.0}, v); diff != "" || d.Err() != nil || d.Write("x") {
		t.Errorf("%v (-want +got):\n%s", d.Err(), diff)
	}
}

// The cost of a piece does not grow with their number: at 32 times as many
// it may differ by a tenth at most. The work is linear by its shape, each
// byte being looked at once; what could still grow is what is allocated.
func TestLinear(t *testing.T) {
	type item struct {
		ID   int      `json:"id"`
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}
	list := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf(`,{"id":%d,"name":"n%05d","tags":["a","b"]}`, i%10, i))
		}
		out[0] = `{"items":[` + out[0][1:]
		return out
	}
	text := func(n int) (out []string) {
		for range n {
			out = append(out, "eight by")
		}
		out[0] = `{"text":"`
		return out
	}
	for name, test := range map[string]struct {
		pieces func(n int) []string
		target func() any
	}{
		"a long text":         {text, func() any { return new(struct{ Text string }) }},
		"a long text as any":  {text, func() any { return new(any) }},
		"a long list":         {list, func() any { return new(struct{ Items []item }) }},
		"a long list of raws": {list, func() any { return new(struct{ Items []json.RawMessage }) }},
		"a long list as any":  {list, func() any { return new(any) }},
	} {
		small, large := cost(test.pieces(1000), test.target()), cost(test.pieces(32000), test.target())
		t.Logf("%s: %.1f bytes and %.3f allocations a piece, then %.1f and %.3f", name, small.bytes, small.allocs, large.bytes, large.allocs)
		if large.bytes > 1.1*small.bytes || large.allocs > 1.1*small.allocs {
			t.Errorf("%s: a piece of 1,000 takes %+v, one of 32,000 %+v", name, small, large)
		}
	}
}

type perPiece struct{ bytes, allocs float64 }

func cost(pieces []string, target any) perPiece {
	d := New(target)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, p := range pieces {
		d.Write(p)
	}
	runtime.ReadMemStats(&after)
	if d.Err() != nil {
		panic(d.Err())
	}
	n := float64(len(pieces))
	return perPiece{float64(after.TotalAlloc-before.TotalAlloc) / n, float64(after.Mallocs-before.Mallocs) / n}
}

type (
	shallow struct {
		A    int `json:"a"`
		Deep int
		Same int
	}
	second struct {
		A    int `json:"b"`
		Same int
		*selfish
	}
	selfish struct {
		Self int
		*second
	}
	fields struct {
		shallow
		second
		shadow  `json:"shadow"`
		Deep    string `json:",omitempty"`
		Hidden  int    `json:"-"`
		private int
		Word
		Quoted *int  `json:"quoted,string"`
		List   []int `json:"list"`
	}
	shadow struct{ A int }
	Word   string
)

// TestFields: encoding/json writes the fields that there are.
func TestFields(t *testing.T) {
	var got []string
	for _, f := range Fields(reflect.TypeFor[fields]()) {
		got = append(got, fmt.Sprint(f.Name, f.Go.Index, f.Options, f.Quoted))
	}
	want := []string{"a[0 0]false", "Deep[3]omitemptyfalse", "b[1 0]false", "shadow[2]false", "Word[6]false", "quoted[7]stringtrue", "list[8]false"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	one := 1
	v := fields{Deep: "x", Quoted: &one, private: 1}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"a":0,"b":0,"shadow":{"A":0},"Deep":"x","Word":"","quoted":"1","list":null}`
	if string(b) != text {
		t.Errorf("got %s, want %s", b, text)
	}
	var back fields
	New(&back).Write(strings.ReplaceAll(text, "0", "7"))
	if want := (fields{shallow: shallow{A: 7}, second: second{A: 7}, shadow: shadow{7}, Deep: "x"}); !reflect.DeepEqual(want, back) {
		t.Errorf("decoded %+v, want %+v", back, want)
	}
}
