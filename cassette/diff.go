package cassette

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Change is a place where two JSON values differ. A side that does not have
// the place is "".
type Change struct {
	Path     string // as in messages[2].content; "" is the whole value
	Recorded string // JSON
	Got      string // JSON
}

// String says what changed in one line, cut to what a reader needs.
func (c Change) String() string {
	path := c.Path
	if path == "" {
		path = "the body"
	}
	switch {
	case c.Recorded == "":
		return fmt.Sprintf("%s: not recorded, now %s", path, brief(c.Got, 0))
	case c.Got == "":
		return fmt.Sprintf("%s: recorded %s, now missing", path, brief(c.Recorded, 0))
	}
	same := 0
	for same < min(len(c.Recorded), len(c.Got)) && c.Recorded[same] == c.Got[same] {
		same++
	}
	return fmt.Sprintf("%s: recorded %s, now %s", path, brief(c.Recorded, same), brief(c.Got, same))
}

// brief returns at most a line's part of s, around the byte at.
func brief(s string, at int) string {
	const before, most = 20, 80
	begin, end := 0, len(s)
	if end > most {
		begin = min(max(0, at-before), end-most)
		end = begin + most
	}
	text := strings.ToValidUTF8(s[begin:end], "")
	if begin > 0 {
		text = "…" + text
	}
	if end < len(s) {
		text += "…"
	}
	return text
}

// Diff returns where two JSON texts differ: first what comes first. Two texts
// of which one is not JSON differ as a whole. No changes means that a
// Cassette takes them for the same body.
func Diff(recorded, got string) []Change {
	changes, _ := diff(recorded, got)
	return changes
}

func diff(recorded, got string) (changes []Change, equal []string) {
	a, okA := canonical(nil, recorded)
	b, okB := canonical(nil, got)
	if okA && okB && bytes.Equal(a, b) || recorded == got {
		return nil, nil
	}
	var before, after any
	if !okA || !okB || !decode(recorded, &before) || !decode(got, &after) {
		return []Change{{"", quoteUnless(okA, recorded), quoteUnless(okB, got)}}, nil
	}
	d := differ{}
	d.value("", before, after)
	if d.changes == nil { // they differ in a key that is there twice
		return []Change{{"", recorded, got}}, nil
	}
	return d.changes, d.equal
}

func quoteUnless(isJSON bool, s string) string {
	if isJSON || s == "" {
		return s
	}
	return strconv.Quote(s)
}

func decode(s string, v *any) bool {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	return dec.Decode(v) == nil
}

type differ struct {
	changes []Change
	equal   []string // array elements before the first change, as messages[0..3]
}

func (d *differ) value(path string, a, b any) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			d.object(path, a, b)
			return
		}
	case []any:
		if b, ok := b.([]any); ok {
			d.array(path, a, b)
			return
		}
	}
	if !same(a, b) {
		d.changes = append(d.changes, Change{path, text(a), text(b)})
	}
}

func (d *differ) object(path string, a, b map[string]any) {
	keys := slices.Collect(maps.Keys(a))
	for key := range b {
		if _, ok := a[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		at := memberPath(path, key)
		x, inA := a[key]
		y, inB := b[key]
		switch {
		case !inB:
			d.changes = append(d.changes, Change{at, text(x), ""})
		case !inA:
			d.changes = append(d.changes, Change{at, "", text(y)})
		default:
			d.value(at, x, y)
		}
	}
}

// array compares what is between the equal elements at both ends.
func (d *differ) array(path string, a, b []any) {
	head := 0
	for head < min(len(a), len(b)) && same(a[head], b[head]) {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && same(a[len(a)-1-tail], b[len(b)-1-tail]) {
		tail++
	}
	if head == len(a) && head == len(b) {
		return
	}
	if head > 0 {
		d.equal = append(d.equal, fmt.Sprintf("%s[0..%d]", path, head-1))
	}
	endA, endB := len(a)-tail, len(b)-tail
	for i := head; i < max(endA, endB); i++ {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= endB:
			d.changes = append(d.changes, Change{at, text(a[i]), ""})
		case i >= endA:
			d.changes = append(d.changes, Change{at, "", text(b[i])})
		default:
			d.value(at, a[i], b[i])
		}
	}
}

// memberPath returns the path of a member: a.b, or a["b c"].
func memberPath(path, key string) string {
	switch {
	case !plainKey(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

func text(v any) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(buf.String(), "\n")
}

// same reports whether the values match, in the sense of canonical.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		x, _ := canonical(nil, string(a))
		y, _ := canonical(nil, string(b))
		return bytes.Equal(x, y)
	}
	return a == b
}
