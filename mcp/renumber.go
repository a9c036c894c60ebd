package mcp

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// tickets hands out names that are made from what they are for, and that are
// the same in every run in which the same is asked for as often, in whatever
// order.
type tickets struct {
	mu    sync.Mutex
	given map[string]int
}

func (t *tickets) next(kind string, what []byte) string {
	sum := sha256.Sum256(what)
	name := kind + "-" + hex.EncodeToString(sum[:8])
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.given == nil {
		t.given = map[string]int{}
	}
	t.given[name]++
	return name + "-" + strconv.Itoa(t.given[name])
}

// renumber gives the protocol's requests ids that a recording of them has
// too: the SDK counts them as they come, and calls come in any order. It puts
// the SDK's own back into the answers.
type renumber struct {
	base    http.RoundTripper // nil: http.DefaultTransport
	tickets *tickets

	mu  sync.Mutex
	ids map[string]json.RawMessage // ours to the SDK's
	own map[string]string          // the SDK's, as JSON, to ours
}

// RoundTrip sends the request with our ids.
func (n *renumber) RoundTrip(req *http.Request) (*http.Response, error) {
	base := n.base
	if base == nil {
		base = http.DefaultTransport
	}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
		body, err = n.outgoing(body)
		if err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.ContentLength = int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
	}
	res, err := base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body = &restored{n: n, from: bufio.NewReader(res.Body), body: res.Body}
	res.ContentLength = -1
	res.Header.Del("Content-Length")
	return res, nil
}

// outgoing puts our id into a request, or into a notification about one.
func (n *renumber) outgoing(body []byte) ([]byte, error) {
	var msg map[string]json.RawMessage
	if json.Unmarshal(body, &msg) != nil {
		return body, nil // not ours, such as a form of an authorization
	}
	id, isRequest := msg["id"]
	method := string(msg["method"])
	switch {
	case method == `"notifications/cancelled"`:
		var params map[string]json.RawMessage
		if err := json.Unmarshal(msg["params"], &params); err != nil {
			return nil, fmt.Errorf("a cancellation: %w", err)
		}
		n.mu.Lock()
		theirs := string(params["requestId"])
		ours, ok := n.own[theirs]
		delete(n.ids, ours) // nobody waits for the answer any more
		delete(n.own, theirs)
		n.mu.Unlock()
		if !ok {
			return body, nil
		}
		params["requestId"] = json.RawMessage(strconv.Quote(ours))
		var err error
		if msg["params"], err = encode(params); err != nil {
			return nil, err
		}
	case method != "" && isRequest:
		msg["id"] = json.RawMessage(strconv.Quote(n.idFor(id, msg)))
	default:
		return body, nil
	}
	return encode(msg)
}

// idFor is the id of the request; it is the same when the SDK sends one again.
func (n *renumber) idFor(id json.RawMessage, msg map[string]json.RawMessage) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ours, ok := n.own[string(id)]; ok {
		return ours
	}
	ours := n.tickets.next("id", append(append([]byte{}, msg["method"]...), msg["params"]...))
	if n.ids == nil {
		n.ids, n.own = map[string]json.RawMessage{}, map[string]string{}
	}
	n.ids[ours], n.own[string(id)] = id, ours
	return ours
}

// anID finds our ids where they stand as ids: in a text the quotes would be
// escaped.
var anID = regexp.MustCompile(`"id"\s*:\s*"(id-[0-9a-f]{16}-[0-9]+)"`)

func (n *renumber) incoming(line []byte) []byte {
	if !bytes.Contains(line, []byte(`"id-`)) {
		return line
	}
	return anID.ReplaceAllFunc(line, func(found []byte) []byte {
		ours := string(anID.FindSubmatch(found)[1])
		n.mu.Lock()
		theirs, ok := n.ids[ours]
		delete(n.ids, ours) // a request has one answer
		delete(n.own, string(theirs))
		n.mu.Unlock()
		if !ok {
			return found
		}
		return []byte(strings.Replace(string(found), strconv.Quote(ours), string(theirs), 1))
	})
}

// restored is a body with the SDK's ids, line by line: a message is a line of
// an event stream, or the whole body.
type restored struct {
	n    *renumber
	from *bufio.Reader
	body io.Closer
	rest []byte // is given next
	held []byte // comes after it: the begin of an id may be in it
	err  error
}

const longestID = 100 // with its key

// Read gives whole lines as soon as they are there; of a very long one, what
// is there but for its end.
func (r *restored) Read(b []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		line, err := r.from.ReadSlice('\n')
		text := r.n.incoming(append(r.held, line...))
		keep := 0
		if err == bufio.ErrBufferFull {
			keep, err = min(longestID, len(text)), nil
		}
		r.rest, r.held, r.err = text[:len(text)-keep], bytes.Clone(text[len(text)-keep:]), err
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close closes the body.
func (r *restored) Close() error { return r.body.Close() }
