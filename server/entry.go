package server

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/codec"
)

// key is the same for what matches on a rung.
type key [sha256.Size]byte

func keyOf(words ...string) key {
	h := sha256.New()
	for _, w := range words {
		fmt.Fprintf(h, "%d:", len(w))
		io.WriteString(h, w)
	}
	var k key
	h.Sum(k[:0])
	return k
}

// asked is a request as it is compared: one that was recorded, or a new one.
type asked struct {
	method string
	url    *url.URL
	body   string   // redacted
	before []*entry // among which are those that it may go on from

	named sync.Once
	of    codec.Codec // zero: it is no call of a model

	once         sync.Once
	request      *reprise.Request // nil: it cannot be read
	problem      error            // why it cannot
	whole        *reprise.Request // with what was said before it
	conversation *reprise.Request
	text         string // the conversation as JSON
}

func newAsked(method string, u *url.URL, body string) *asked {
	return &asked{method: method, url: u, body: body}
}

// codec is that of the request, which is looked into for it, once.
func (a *asked) codec() codec.Codec {
	a.named.Do(func() { a.of, _ = codec.Of(a.method, a.url, []byte(a.body)) })
	return a.of
}

func (a *asked) isCall() bool { return a.codec().API != "" }

// letter is the key of what is the same request to the byte, wherever the
// server is. Such requests have the same exact key.
func (a *asked) letter() key { return keyOf("letter", a.method, a.url.RequestURI(), a.body) }

// exact is the key of what is the same request. Of an address only that
// counts which says what is asked: hosts and paths in front are where a
// server happens to be.
func (a *asked) exact() key {
	body, _ := cassette.Canonical(a.body)
	if a.isCall() {
		return keyOf("call", a.codec().API, a.codec().Model, string(a.codec().Form), body)
	}
	last := a.url.Path[strings.LastIndexByte(a.url.Path, '/')+1:]
	query := a.url.Query()
	for name, values := range query {
		if values[0] == cassette.Redacted {
			delete(query, name)
		}
	}
	return keyOf("other", a.method, last, query.Encode(), body)
}

// read decodes the request, once.
func (a *asked) read() bool {
	a.once.Do(func() {
		if !a.isCall() {
			return
		}
		req, err := a.codec().Request()
		if err != nil {
			a.problem = err
			return
		}
		a.request, a.whole = req, restored(named(continued(req, a.before)), a.before)
		a.conversation = conversation(a.whole)
		a.text = encode(a.conversation)
	})
	return a.request != nil
}

// talks reports whether there is a conversation by which the request can be
// found. Other APIs have addresses that end as a model's does.
func (a *asked) talks() bool { return a.read() && len(a.whole.Messages) > 0 }

// said is the key of the same conversation.
func (a *asked) said() key { return keyOf("conversation", a.text) }

// begun is the key of the same turn after the same first message of a user.
func (a *asked) begun() key {
	turn, first := 0, ""
	for _, m := range a.conversation.Messages {
		switch {
		case m.Role == reprise.RoleAssistant:
			turn++
		case m.Role == reprise.RoleUser && first == "":
			first = encode(m.Parts)
		}
	}
	return keyOf("turn", fmt.Sprint(turn), first)
}

// entry is a recorded exchange.
type entry struct {
	*asked
	file string
	id   string // no other has: the file and the number in it
	in   *cassette.Interaction

	answered sync.Once
	answer   *reprise.Response
}

// place names the exchange to people.
func (e *entry) place() string { return fmt.Sprintf("%s#%d", e.file, e.in.ID) }

// isIn reports whether the exchange is in the file of that name, or the end of
// it; the empty name is any.
func (e *entry) isIn(name string) bool {
	return name == "" || e.file == name || strings.HasSuffix(e.file, "/"+name)
}

// known is the whole recorded answer, or what there is of it.
func (e *entry) known() *reprise.Response {
	e.answered.Do(func() {
		e.answer, _ = reprise.Collect(e.codec().Response(strings.NewReader(e.in.Response.Body), e.request)) // its error comes again as it is replayed
	})
	return e.answer
}

// entries are the exchanges of a recording that can be served.
func entries(file string, rec *cassette.Recording, host string, redact *cassette.Redact) []*entry {
	var list []*entry
	for n := range rec.Interactions {
		in := &rec.Interactions[n]
		u, err := url.Parse(redact.URL(in.Request.URL))
		if err != nil || in.Effect != nil || in.Request.URL == "" || host != "" && u.Host != host && u.Hostname() != host {
			continue
		}
		method := in.Request.Method
		if method == "" {
			method = "GET"
		}
		a := newAsked(method, u, redact.Body(in.Request.Body))
		a.before = list
		list = append(list, &entry{asked: a, file: file, id: fmt.Sprintf("%s:%d", file, n), in: in})
	}
	return list
}
