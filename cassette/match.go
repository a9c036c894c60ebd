package cassette

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Match says which requests are the same, besides method, URL and body: what
// of them does not matter, and what else does. Its zero value compares
// everything. The rules hold for recorded and for new requests alike, so they
// can be changed without recording again.
//
// A path names values in a JSON body as error messages do: metadata.user_id,
// messages[0].content, ["odd key"].x. As a step, * is any key, [*] any index,
// and ** any number of steps: messages[*].id, **.created.
//
// The boundary of a multipart body never matters.
type Match struct {
	Ignore    []string    // paths; a value there may be another, or not be there
	Normalize []Normalize // in order, on what is not ignored
	Query     []string    // parameters of the URL that do not matter
	Headers   []string    // headers that must be equal too; they must be among those that are stored

	// Repeat answers a request that was asked more often than it was
	// recorded with the last answer; else that is a miss.
	Repeat bool

	// Lane, when set, names the part of a program that a request belongs to,
	// such as a sub-agent: the same request in two lanes is two requests,
	// each with its own answers in order. The name is stored. It is given the
	// request's context.
	Lane func(context.Context) string
}

// Normalize replaces, in the strings at a path, what matches a pattern by a
// text, such as every date by "DATE".
type Normalize struct {
	Path    string
	Pattern *regexp.Regexp
	With    string // as for Regexp.ReplaceAllString
}

// matcher is a Match made ready.
type matcher struct {
	*Match
	ignore    []path
	normalize []path // of each Normalize
}

func newMatcher(m *Match) (*matcher, error) {
	ready := &matcher{Match: m}
	for _, s := range m.Ignore {
		p, err := parsePath(s)
		if err != nil {
			return nil, fmt.Errorf("cassette: Match.Ignore: %w", err)
		}
		ready.ignore = append(ready.ignore, p)
	}
	for _, n := range m.Normalize {
		p, err := parsePath(n.Path)
		if err == nil && n.Pattern == nil {
			err = fmt.Errorf("path %q has no Pattern", n.Path)
		}
		if err != nil {
			return nil, fmt.Errorf("cassette: Match.Normalize: %w", err)
		}
		ready.normalize = append(ready.normalize, p)
	}
	return ready, nil
}

// body returns what is compared of a body.
func (m *matcher) body(s string) string {
	if strings.HasPrefix(s, "--") {
		return oneBoundary(s)
	}
	if len(m.ignore)+len(m.normalize) == 0 {
		return s
	}
	var v any
	if _, ok := canonical(nil, s); !ok || !decode(s, &v) {
		return s
	}
	for _, p := range m.ignore {
		v = p.edit(v, func(any) (any, bool) { return nil, false })
	}
	for n, p := range m.normalize {
		v = p.edit(v, func(v any) (any, bool) {
			if s, ok := v.(string); ok {
				v = m.Normalize[n].Pattern.ReplaceAllString(s, m.Normalize[n].With)
			}
			return v, true
		})
	}
	return text(v)
}

// oneBoundary returns the parts of a multipart body, each behind its length.
// Other text is returned as it is.
func oneBoundary(s string) string {
	line, _, ok := strings.Cut(s, "\r\n")
	boundary := strings.TrimRight(line, " \t")
	if !ok || len(boundary) < 3 || !strings.HasSuffix(strings.TrimRight(s, "\r\n"), "\r\n"+boundary+"--") {
		return s
	}
	var b strings.Builder
	for part := range strings.SplitSeq("\r\n"+s, "\r\n"+boundary) {
		fmt.Fprintf(&b, "%d:%s", len(part), part)
	}
	return b.String()
}

// url returns what is compared of a URL.
func (m *matcher) url(s string) string {
	head, query, ok := strings.Cut(s, "?")
	if len(m.Query) == 0 || !ok {
		return s
	}
	pairs := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		return err == nil && slices.Contains(m.Query, plain)
	})
	if len(pairs) == 0 {
		return head
	}
	return head + "?" + strings.Join(pairs, "&")
}

// appendHeaders appends the headers that must be equal.
func (m *matcher) appendHeaders(dst []byte, r *Request) []byte {
	for _, name := range m.Headers {
		dst = strconv.AppendQuote(dst, name)
		for _, value := range r.Header.Values(name) {
			dst = strconv.AppendQuote(append(dst, ' '), value)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// A path is a list of steps.
type path []step

// A step is a key or an index, or any of them, or any number of them.
type step struct {
	key   string
	index int  // when key is ""
	isKey bool // the step is a key
	any   bool
	deep  bool
}

func parsePath(s string) (path, error) {
	bad := func(why string) (path, error) { return nil, fmt.Errorf("path %q: %s", s, why) }
	var p path
	for rest := s; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `["`):
			quoted, err := strconv.QuotedPrefix(rest[1:])
			if err != nil || !strings.HasPrefix(rest[1+len(quoted):], "]") {
				return bad(`["key"] is not closed`)
			}
			key, err := strconv.Unquote(quoted)
			if err != nil {
				return bad(err.Error())
			}
			p = append(p, step{key: key, isKey: true})
			rest = rest[len(quoted)+2:]
		case rest[0] == '[':
			inner, after, ok := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(inner)
			if !ok || inner != "*" && (err != nil || n < 0) {
				return bad("[ ] holds a number, * or a quoted key")
			}
			p = append(p, step{index: n, any: inner == "*"})
			rest = after
		default:
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			key := rest[:end]
			if key == "" {
				return bad("a key is missing")
			}
			p = append(p, step{key: key, isKey: true, any: key == "*", deep: key == "**"})
			rest = rest[end:]
		}
		if after, ok := strings.CutPrefix(rest, "."); ok {
			if rest = after; rest == "" {
				return bad("it ends in a dot")
			}
		} else if rest != "" && rest[0] != '[' {
			return bad("a dot is missing")
		}
	}
	if len(p) == 0 || p[len(p)-1].deep {
		return bad("it must end in a key or an index")
	}
	return p, nil
}

// edit replaces each value at the path by what f returns; when f says false a
// member is taken out, and an element becomes null.
func (p path) edit(v any, f func(any) (any, bool)) any {
	if len(p) == 0 {
		return v
	}
	at, rest := p[0], p[1:]
	if at.deep {
		v = rest.edit(v, f)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			switch {
			case at.deep:
				v[key] = p.edit(value, f)
			case !at.isKey || !at.any && at.key != key:
			case len(rest) > 0:
				v[key] = rest.edit(value, f)
			default:
				if value, ok := f(value); ok {
					v[key] = value
				} else {
					delete(v, key)
				}
			}
		}
	case []any:
		for n, value := range v {
			switch {
			case at.deep:
				v[n] = p.edit(value, f)
			case at.isKey || !at.any && at.index != n:
			case len(rest) > 0:
				v[n] = rest.edit(value, f)
			default:
				v[n], _ = f(value)
			}
		}
	}
	return v
}
