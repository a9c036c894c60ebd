package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/codec"
)

// A Rung says how alike a request and a recorded one are. A Handler tries
// them from the top.
type Rung string

// The rungs of the ladder.
const (
	// Exact: the same call with the same body, as a JSON value. Only
	// credentials do not count, nor where the server is.
	Exact Rung = "exact"

	// Conversation: the same model, system prompt, messages and tools.
	// Sampling parameters, limits, ids of calls, reasoning that was sent back
	// and what one client sends and another does not do not count.
	Conversation Rung = "conversation"

	// Loose: as many answers after the same first message of a user.
	Loose Rung = "loose"
)

// rungs are those that the handler may use, from the top.
func (h *Handler) rungs() ([]Rung, error) {
	switch h.Match {
	case Exact:
		return []Rung{Exact}, nil
	case Conversation, "":
		return []Rung{Exact, Conversation}, nil
	case Loose:
		return []Rung{Exact, Conversation, Loose}, nil
	}
	return nil, fmt.Errorf("the match %q is none of exact, conversation, loose", h.Match)
}

// found is what answers a request.
type found struct {
	rung  Rung
	entry *entry
	asked *asked // the request, read as one to the entry's host
	used  bool   // there are recordings of it, but all were used
}

// api is the one that was asked. On the rung Exact it is the entry's.
func (f found) api() string {
	if f.rung == Exact {
		return f.entry.codec().API
	}
	return f.asked.codec().API
}

// fits reports whether the recorded answer is in the words of the client's
// API, and in the form that it asked for.
func (f found) fits() bool {
	if f.rung == Exact {
		return true
	}
	theirs, ours := f.entry.codec(), f.asked.codec()
	return theirs.API == ours.API && theirs.Form == ours.Form
}

// find looks for the recorded exchange that answers a request, rung by rung.
func (h *Handler) find(l *library, r *http.Request, a *asked) (found, error) {
	rungs, err := h.rungs()
	if err != nil {
		return found{}, err
	}
	name := r.Header.Get(CassetteHeader)
	var miss found
	for _, rung := range rungs {
		all := h.candidates(l, r, a, rung)
		var list []found
		for _, f := range all {
			if f.entry.isIn(name) {
				list = append(list, f)
			}
		}
		if len(list) == 0 {
			continue
		}
		if i, ok := h.progress.next(r.Header.Get(SessionHeader), list, h.Loop); ok {
			return list[i], nil
		}
		if miss.entry == nil {
			miss = list[0]
			miss.used = true
		}
	}
	return miss, nil
}

// candidates are the recorded exchanges that a request matches on a rung, the
// best of them: of its own API, in the form that it asks for. It is read
// anew for each host.
func (h *Handler) candidates(l *library, r *http.Request, anyHost *asked, rung Rung) []found {
	var best []found
	if rung == Exact {
		a := anyHost
		for _, e := range l.same(a) {
			if e.isCall() || sameEnd(e.url.Path, r.URL.Path) {
				best = append(best, found{rung: rung, entry: e, asked: a})
			}
		}
		return best
	}
	l.decoded()
	most := 0
	hosts := l.hosts[anyHost.codec().API]
	if h.translates(anyHost.codec()) && !slices.Contains(hosts, "") {
		hosts = append([]string{""}, hosts...)
	}
	for _, host := range hosts {
		// Hosts of one API understand some fields in their own way.
		a := anyHost
		if host != "" {
			a = askedOf(r, host, anyHost.body, &h.Redact)
			a.before = l.entries
		}
		if !a.talks() {
			continue
		}
		list := l.said[a.said()]
		if rung == Loose {
			list = l.begun[a.begun()]
		}
		for _, e := range list {
			if e.codec().API == a.codec().API {
				if e.url.Host != host {
					continue
				}
			} else if host != "" || !h.translates(a.codec()) {
				continue
			}
			n := fit(a, e)
			if n > most {
				best, most = nil, n
			}
			if n == most {
				best = append(best, found{rung: rung, entry: e, asked: a})
			}
		}
	}
	return best
}

// translates reports whether requests to an API are answered from recordings
// of others.
func (h *Handler) translates(c codec.Codec) bool { return slices.Contains(h.As, c.API) }

// fit says how well a recorded exchange serves a request for the same
// conversation.
func fit(a *asked, e *entry) int {
	points := 1
	for i, same := range []bool{
		a.request.Choice == e.request.Choice,
		encode(a.request.Output) == encode(e.request.Output),
		a.codec().Form == e.codec().Form,
		a.codec().API == e.codec().API,
	} {
		if same {
			points += 1 << i
		}
	}
	return points
}

// askedOf is a request as one to a host.
func askedOf(r *http.Request, host, body string, redact *cassette.Redact) *asked {
	u := *r.URL
	u.Scheme, u.Host, u.User = "https", host, nil
	clean, err := url.Parse(redact.URL(u.String()))
	if err != nil {
		clean = &u
	}
	return newAsked(r.Method, clean, body)
}

// sameEnd reports whether one path ends in the other: what is in front
// depends on where a server is.
func sameEnd(a, b string) bool {
	return strings.HasSuffix(a, b) || strings.HasSuffix(b, a)
}

// maxSessions bounds the sessions whose progress is kept; the one that was
// not used for the longest time is forgotten.
const maxSessions = 10_000

// progress is which recorded exchanges were used, by session.
type progress struct {
	mu       sync.Mutex
	sessions map[string]*session
}

type session struct {
	used map[string]bool
	last time.Time
}

// next returns the first of the list that was not used. When all were, it
// begins again with the first, unless it is the turn of a session that does
// not loop.
func (p *progress) next(name string, list []found, loop bool) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session(name)
	for i, f := range list {
		if !s.used[f.entry.id] {
			s.used[f.entry.id] = true
			return i, true
		}
	}
	if name != "" && !loop {
		return 0, false
	}
	for _, f := range list[1:] {
		delete(s.used, f.entry.id)
	}
	return 0, true
}

// session returns the one of that name; the empty one is of all who send
// none. p.mu is held.
func (p *progress) session(name string) *session {
	if s := p.sessions[name]; s != nil {
		s.last = time.Now()
		return s
	}
	if p.sessions == nil {
		p.sessions = map[string]*session{}
	}
	if len(p.sessions) >= maxSessions {
		oldest := ""
		for name, s := range p.sessions {
			if name != "" && (oldest == "" || s.last.Before(p.sessions[oldest].last)) {
				oldest = name
			}
		}
		delete(p.sessions, oldest)
	}
	s := &session{used: map[string]bool{}, last: time.Now()}
	p.sessions[name] = s
	return s
}
