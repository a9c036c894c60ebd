package cassette

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Volatile is a place in requests that differs between two recordings of
// the same run.
type Volatile struct {
	Path  string // as Match.Ignore takes it, with [*] for indices
	Times int    // in how many requests it differs
	A, B  string // an example, as JSON; "" where it is missing
}

// String returns the line to paste into Match.Ignore, with the example.
func (v Volatile) String() string {
	return fmt.Sprintf("%q, // %d times, as %s and %s", v.Path, v.Times, brief(v.A, 0), brief(v.B, 0))
}

// LearnVolatile compares two recordings of the same run and returns what
// varies in their requests' bodies, sorted by path. Requests are paired in
// their order among those with the same method and path of the URL. What
// depends on the model's answers varies as well, if these do: look at the
// examples before you ignore a path.
//
// unpaired counts the exchanges of both that have no partner.
func LearnVolatile(a, b *Recording) (found []Volatile, unpaired int) {
	others := map[string][]*Request{}
	for _, i := range inOrder(b) {
		if i.Effect == nil && !i.hollow() {
			others[endpoint(&i.Request)] = append(others[endpoint(&i.Request)], &i.Request)
		}
	}
	byPath := map[string]*Volatile{}
	for _, i := range inOrder(a) {
		if i.Effect != nil || i.hollow() {
			continue
		}
		at := endpoint(&i.Request)
		if len(others[at]) == 0 {
			unpaired++
			continue
		}
		other := others[at][0]
		others[at] = others[at][1:]
		seen := map[string]bool{}
		for _, c := range Diff(i.Request.Body, other.Body) {
			path := anyIndex(c.Path)
			v := byPath[path]
			if v == nil {
				v = &Volatile{Path: path, A: c.Recorded, B: c.Got}
				byPath[path] = v
			}
			if !seen[path] {
				seen[path] = true
				v.Times++
			}
		}
	}
	for _, rest := range others {
		unpaired += len(rest)
	}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		found = append(found, *byPath[path])
	}
	return found, unpaired
}

func endpoint(r *Request) string {
	url, _, _ := strings.Cut(r.URL, "?")
	return method(r) + " " + url
}

// anyIndex replaces the indices in a path by [*].
func anyIndex(path string) string {
	return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(path, "[*]")
}
