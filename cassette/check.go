package cassette

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// A Finding is a secret in a recording, or what may be one.
type Finding struct {
	ID    int    // of the interaction
	Where string // such as "request header Authorization" or "response body"
	Kind  string // what it is
	Hint  string // its first characters, and its length

	// Guess says that it only looks random and has a suspicious place. Scrub
	// leaves it.
	Guess bool
}

func (f Finding) String() string {
	guess := ""
	if f.Guess {
		guess = " (a guess)"
	}
	return fmt.Sprintf("exchange %d: %s: %s %s%s", f.ID, f.Where, f.Kind, f.Hint, guess)
}

// Find returns the secrets in the recording, in order.
func (r *Redact) Find(rec *Recording) []Finding {
	var all []Finding
	for n := range rec.Interactions {
		i := rec.Interactions[n] // Scrub changes the copy only
		i.Request.Header, i.Response.Header = i.Request.Header.Clone(), i.Response.Header.Clone()
		i.Request.Trailer, i.Response.Trailer = i.Request.Trailer.Clone(), i.Response.Trailer.Clone()
		i.Request.Form = url.Values(http.Header(i.Request.Form).Clone())
		if i.Effect != nil {
			e := *i.Effect
			i.Effect = &e
		}
		all = append(all, r.scrub(&i)...)
		all = append(all, guesses(&i)...)
	}
	return all
}

// Scrub takes the secrets out of the recording and returns what it took out.
func (r *Redact) Scrub(rec *Recording) []Finding {
	var all []Finding
	for n := range rec.Interactions {
		all = append(all, r.scrub(&rec.Interactions[n])...)
	}
	return all
}

// scrubber collects what is found in one interaction.
type scrubber struct {
	r   *Redact
	id  int
	all []Finding
}

func (r *Redact) scrub(i *Interaction) []Finding {
	s := &scrubber{r: r, id: i.ID}
	q, p := &i.Request, &i.Response
	s.url("request URL", &q.URL)
	s.url("request URI", &q.RequestURI)
	s.text("request host", &q.Host)
	s.header("request header", q.Header)
	s.header("request trailer", q.Trailer)
	s.form(q.Form)
	s.body("request body", &q.Body, nil, whole)
	how := whole
	if i.Outcome != Complete {
		how = cut
	}
	s.header("response header", p.Header)
	s.header("response trailer", p.Trailer)
	s.body("response body", &p.Body, &p.Chunks, how)
	s.text("error", &i.Error)
	s.text("lane", &i.Lane)
	if e := i.Effect; e != nil {
		s.text("call", &e.Name)
		s.body("call input", &e.Input, nil, whole)
		s.body("call output", &e.Output, nil, whole)
	}
	return s.all
}

func (s *scrubber) found(where, kind, secret string) {
	s.all = append(s.all, Finding{ID: s.id, Where: where, Kind: kind, Hint: hint(secret)})
}

// hint returns what of a secret may be shown.
func hint(secret string) string {
	show := min(4, len(secret)/4)
	return fmt.Sprintf("%q… (%d bytes)", strings.ToValidUTF8(secret[:show], ""), len(secret))
}

func (s *scrubber) text(where string, at *string) {
	f := s.r.find()
	edits := tidyEdits(f.text(nil, *at, 0, whole))
	for _, e := range edits {
		s.found(where, e.kind, (*at)[e.begin:e.end])
	}
	*at = apply(*at, edits)
}

func (s *scrubber) url(where string, at *string) {
	if clean := s.r.URL(*at); clean != *at {
		s.found(where, "credential in the URL", differing(*at, clean))
		*at = clean
	}
}

// differing returns the part of a that b does not have.
func differing(a, b string) string {
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return a[head : len(a)-tail]
}

func (s *scrubber) header(where string, h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for n, value := range h[name] {
			at := where + " " + name
			switch {
			case value == "" || value == Redacted:
			case secretHeader(name) && !s.r.named(name):
				s.found(at, "credential", value)
				h[name][n] = Redacted
			case isURLHeader(name):
				s.url(at, &h[name][n])
			default:
				s.text(at, &h[name][n])
			}
		}
	}
}

func isURLHeader(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Location", "Content-Location", "Referer", "Operation-Location":
		return true
	}
	return false
}

func (s *scrubber) form(form url.Values) {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for n, value := range form[name] {
			at := "request form " + name
			if secretParam(name) && value != "" && value != Redacted {
				s.found(at, "credential", value)
				form[name][n] = Redacted
				continue
			}
			s.text(at, &form[name][n])
		}
	}
}

func (s *scrubber) body(where string, at *string, chunks *[]Chunk, how search) {
	edits := s.r.find().edits(*at, how)
	for _, e := range edits {
		if old := (*at)[e.begin:e.end]; e.with != "" && old != e.with {
			s.found(where, e.kind, old)
		}
	}
	*at = apply(*at, edits)
	if chunks != nil {
		*chunks = applyChunks(*chunks, edits)
	}
}

// guesses returns what looks random at places where secrets use to be:
// headers and parameters whose names say so. Bodies are not looked at: what
// is random there are signatures, encrypted reasoning and media.
func guesses(i *Interaction) []Finding {
	var all []Finding
	look := func(where, name, value string) {
		if suspicious(name) && value != Redacted && entropy(value) > 3.5 && len(value) >= 20 {
			all = append(all, Finding{i.ID, where + " " + name, "random text", hint(value), true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(i.Request.Header)) {
		for _, value := range i.Request.Header[name] {
			look("request header", name, value)
		}
	}
	if u, err := url.Parse(i.Request.URL); err == nil {
		query := u.Query()
		for _, name := range slices.Sorted(maps.Keys(query)) {
			look("request parameter", name, query.Get(name))
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(a.Where, b.Where) })
	return all
}

func suspicious(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"key", "token", "secret", "auth", "credential", "password", "session", "signature"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// entropy returns the bits a byte of s takes if only their frequencies count.
func entropy(s string) float64 {
	var count [256]float64
	for i := range len(s) {
		count[s[i]]++
	}
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := n / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
