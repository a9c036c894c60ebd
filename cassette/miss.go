package cassette

import (
	"fmt"
	"slices"
	"strings"
)

// A MissError says that a request has no recorded answer, and why. It holds
// no secret: the requests in it are redacted.
type MissError struct {
	File     string
	Request  *Request // what was asked; nil when it was a call
	Effect   *Effect  // the call that was asked, of Do or Once
	Recorded int      // exchanges in the file

	// Nearest is the recorded exchange that is most like the request; nil
	// when none is like it at all. Changes is what differs in the bodies, the
	// headers that must be equal and the lane, and is empty when the exchange
	// matches but was used before.
	Nearest *Interaction
	Used    bool // Nearest was already replayed
	Changes []Change
	Equal   []string // parts of arrays that are equal, as "messages[0..6]"

	elsewhere bool // Nearest has another method or URL

	Explanation string // of Cassette.Explain

	// Drifts are the calls that gave other results before: likely the cause.
	Drifts   []Drift
	Rerecord string // how to record again
}

func (e *MissError) Error() string {
	var b strings.Builder
	if e.Effect != nil {
		fmt.Fprintf(&b, "cassette %s: no recording for the call %s %s", e.File, e.Effect.Name, brief(e.Effect.Input, 0))
		if e.Used {
			b.WriteString("\n  the same call is recorded and was already used")
		}
	} else {
		fmt.Fprintf(&b, "cassette %s: no recording for %s %s", e.File, e.Request.Method, e.Request.URL)
		e.nearest(&b)
	}
	for _, d := range e.Drifts {
		fmt.Fprintf(&b, "\n  before that, the call %s (exchange %d) gave another result than was recorded", d.Name, d.ID)
		for _, change := range d.Changes[:min(len(d.Changes), 2)] {
			b.WriteString("\n    " + change.String())
		}
	}
	fmt.Fprintf(&b, "\n  to record again, %s", e.Rerecord)
	return b.String()
}

func (e *MissError) nearest(b *strings.Builder) {
	near := e.Nearest
	if near == nil {
		fmt.Fprintf(b, "\n  nothing in the file is like it (it has %d exchanges)", e.Recorded)
		return
	}
	used := ""
	if e.Used {
		used = " (already used)"
	}
	if e.elsewhere {
		fmt.Fprintf(b, "\n  nearest is exchange %d%s, to %s %s", near.ID, used, near.Request.Method, near.Request.URL)
		return
	}
	if len(e.Changes) == 0 {
		fmt.Fprintf(b, "\n  exchange %d is the same request, and was already used: it was asked more often than when it was recorded", near.ID)
		return
	}
	fmt.Fprintf(b, "\n  nearest is exchange %d%s", near.ID, used)
	if e.Explanation != "" {
		for line := range strings.SplitSeq(strings.TrimSpace(e.Explanation), "\n") {
			b.WriteString("\n    " + line)
		}
		return
	}
	if len(e.Equal) > 0 {
		fmt.Fprintf(b, "; equal: %s", strings.Join(e.Equal, ", "))
	}
	const most = 8
	for n, change := range e.Changes {
		if n == most {
			fmt.Fprintf(b, "\n    and %d more changes", len(e.Changes)-most)
			break
		}
		b.WriteString("\n    " + change.String())
	}
}

// miss returns the error for a request that has no unused exchange in its
// lane, which has that name. c.mu is held.
func (c *Cassette) miss(asked *Request, name string, l *lane) error {
	e := &MissError{File: c.File, Request: asked, Recorded: len(c.tape.items), Drifts: slices.Clone(c.drifts), Rerecord: c.rerecord()}
	n := -1
	if l != nil {
		n = l.items[len(l.items)-1]
	} else if n = c.tape.nearest(asked, name); n >= 0 {
		recorded := c.tape.items[n].Request
		recorded.Body, recorded.URL = c.Redact.Body(recorded.Body), c.Redact.URL(recorded.URL)
		e.Changes, e.Equal = c.tape.changes(n, asked, name)
		e.elsewhere = !c.tape.sameURL(n, asked)
		if c.Explain != nil {
			e.Explanation = c.Redact.Text(c.Explain(asked, &recorded))
		}
	}
	if n >= 0 {
		near := c.tape.items[n]
		near.Request.URL = c.Redact.URL(near.Request.URL)
		near.Request.Body = c.Redact.Body(near.Request.Body)
		e.Nearest, e.Used = &near, c.tape.used[n]
	}
	return e
}

// sameURL reports whether the item's request goes where this one does.
func (t *tape) sameURL(n int, r *Request) bool {
	return t.match.url(t.redact.URL(t.items[n].Request.URL)) == t.match.url(r.URL)
}

// changes returns what differs between the request of the item and another in
// a lane, and the parts of arrays that are equal.
func (t *tape) changes(n int, r *Request, lane string) (changes []Change, equal []string) {
	i := &t.items[n]
	changes, equal = diff(t.match.body(t.redact.Body(i.Request.Body)), t.match.body(r.Body))
	for _, name := range t.match.Headers {
		recorded, got := i.Request.Header.Values(name), r.Header.Values(name)
		if !slices.Equal(recorded, got) {
			changes = append(changes, Change{"header " + name, quoteUnless(false, strings.Join(recorded, ", ")), quoteUnless(false, strings.Join(got, ", "))})
		}
	}
	if i.Lane != lane {
		changes = append(changes, Change{"lane", quoteUnless(false, i.Lane), quoteUnless(false, lane)})
	}
	return changes, equal
}

// nearest returns the item most like the request in a lane, or -1. The best
// by a quick look are compared in full; one that is not used wins over an
// equal one.
func (t *tape) nearest(r *Request, lane string) int {
	type candidate struct{ n, score int }
	var all []candidate
	for n := range t.items {
		q := &t.items[n].Request
		if t.of[n] == nil || t.items[n].Effect != nil || method(q) != r.Method {
			continue
		}
		score := Alike(q.Body, r.Body)
		if !t.sameURL(n, r) {
			score = -1 // only if there is nothing else
		}
		all = append(all, candidate{n, score})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return b.score - a.score })
	const look = 8
	best, fewest := -1, 0
	for _, c := range all[:min(len(all), look)] {
		changes, _ := t.changes(c.n, r, lane)
		count := 2 * len(changes)
		if t.used[c.n] {
			count++
		}
		if c.score < 0 {
			count += 1 << 20
		}
		if best < 0 || count < fewest {
			best, fewest = c.n, count
		}
	}
	return best
}

// Alike returns how many bytes two texts share at their ends: a quick measure
// of how near they are, before they are compared with Diff.
func Alike(a, b string) int {
	n := min(len(a), len(b))
	head := 0
	for head < n && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < n-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return head + tail
}

// A LeftoverError lists the recorded exchanges that nobody asked for.
type LeftoverError struct {
	File     string
	Recorded int           // exchanges in the file
	Unused   []Interaction // in the file's order
	Rerecord string
}

func (e *LeftoverError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cassette %s: %d of %d recorded exchanges were not asked for", e.File, len(e.Unused), e.Recorded)
	const most = 10
	for n, i := range e.Unused {
		if n == most {
			fmt.Fprintf(&b, "\n    and %d more", len(e.Unused)-most)
			break
		}
		if i.Effect != nil {
			fmt.Fprintf(&b, "\n    exchange %d: call %s %s", i.ID, i.Effect.Name, brief(i.Effect.Input, 0))
			continue
		}
		fmt.Fprintf(&b, "\n    exchange %d: %s %s %s", i.ID, method(&i.Request), i.Request.URL, brief(i.Request.Body, 0))
	}
	fmt.Fprintf(&b, "\n  to record again, %s", e.Rerecord)
	return b.String()
}

// leftover returns the error for what was not used, or nil. c.mu is held.
func (c *Cassette) leftover() error {
	e := &LeftoverError{File: c.File, Recorded: len(c.tape.items), Rerecord: c.rerecord()}
	for n, used := range c.tape.used {
		if !used {
			i := c.tape.items[n]
			i.Request.URL = c.Redact.URL(i.Request.URL)
			i.Request.Body = c.Redact.Body(i.Request.Body)
			e.Unused = append(e.Unused, i)
		}
	}
	if e.Unused == nil {
		return nil
	}
	return e
}
