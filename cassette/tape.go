package cassette

import (
	"hash/maphash"
	"net/http"
	"strconv"
)

// A tape is a list of recorded exchanges with an index: finding the next one
// that answers a request takes the same time however many there are.
type tape struct {
	items  []Interaction
	used   []bool
	redact *Redact
	match  *matcher
	lanes  map[key]*lane
	of     []*lane        // of each item; nil for what is no exchange
	exact  map[uint64]int // an item by the hash of its request's very bytes
}

// A key is the same for two requests that match, and only for these.
type key sum

// A lane holds the exchanges with one key, in order.
type lane struct {
	items []int
	next  int // lane.items[:next] are used
}

func newTape(items []Interaction, redact *Redact, match *matcher) tape {
	t := tape{
		items:  items,
		used:   make([]bool, len(items)),
		of:     make([]*lane, len(items)),
		redact: redact,
		match:  match,
		lanes:  make(map[key]*lane, len(items)),
		exact:  make(map[uint64]int, len(items)),
	}
	for n := range items {
		i := &items[n]
		var k key
		switch {
		case i.hollow():
			t.used[n] = true
			continue
		case i.Effect != nil:
			k = t.effectKey(i.Lane, i.Effect)
		default:
			k = t.key(i.Lane, &i.Request)
			t.exact[hash(i.Lane, &i.Request)] = n
		}
		l := t.lanes[k]
		if l == nil {
			l = &lane{}
			t.lanes[k] = l
		}
		l.items = append(l.items, n)
		t.of[n] = l
	}
	return t
}

// key returns what the request is found by.
func (t *tape) key(lane string, r *Request) key {
	buf := append(append(make([]byte, 0, 512), method(r)...), ' ')
	buf = append(append(buf, t.match.url(t.redact.URL(r.URL))...), '\n')
	buf = t.match.appendHeaders(buf, r)
	return keyOf(buf, lane, t.match.body(t.redact.Body(r.Body)))
}

// effectKey returns what the call is found by. No HTTP method is empty.
func (t *tape) effectKey(lane string, e *Effect) key {
	buf := append(append([]byte{' '}, t.redact.Text(e.Name)...), '\n')
	return keyOf(buf, lane, t.match.body(t.redact.Body(e.Input)))
}

// keyOf returns the key of what is in buf, the lane and the body. It uses buf.
func keyOf(buf []byte, lane, body string) key {
	buf = append(strconv.AppendQuote(buf, lane), '\n')
	buf, ok := canonical(buf, body)
	if !ok {
		buf = sumOf(body).append(append(buf, '='))
	}
	return key(sumOfBytes(buf))
}

func method(r *Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

func hash(lane string, r *Request) uint64 {
	var h maphash.Hash
	h.SetSeed(seeds[0])
	h.WriteString(lane)
	h.WriteByte('\n')
	h.WriteString(r.Method)
	h.WriteByte(' ')
	h.WriteString(r.URL)
	h.WriteByte('\n')
	h.WriteString(r.Body)
	return h.Sum64()
}

// lane returns the exchanges that match the request, or nil.
func (t *tape) lane(name string, r *Request) *lane {
	if n, ok := t.exact[hash(name, r)]; ok && len(t.match.Headers) == 0 {
		// What is equal to the byte matches, whatever the other rules.
		i := &t.items[n]
		if q := &i.Request; i.Lane == name && q.Method == r.Method && q.URL == r.URL && q.Body == r.Body {
			return t.of[n]
		}
	}
	return t.lanes[t.key(name, r)]
}

// take returns the next unused exchange of the lane. With successes, what is
// to be asked again is passed over.
func (t *tape) take(l *lane, successes bool) *Interaction {
	if l == nil {
		return nil
	}
	for l.next < len(l.items) {
		n := l.items[l.next]
		l.next++
		if t.plays(n, successes) {
			t.used[n] = true
			return &t.items[n]
		}
	}
	if t.match.Repeat {
		for k := len(l.items) - 1; k >= 0; k-- {
			if n := l.items[k]; t.plays(n, successes) {
				return &t.items[n]
			}
		}
	}
	return nil
}

// plays reports whether the item can answer a request.
func (t *tape) plays(n int, successes bool) bool {
	i := &t.items[n]
	return i.Outcome != Begun && (!successes || i.success())
}

// mark returns the first call of the lane of which nobody knows whether it
// happened.
func (t *tape) mark(l *lane) *Interaction {
	if l != nil {
		for _, n := range l.items {
			if i := &t.items[n]; i.Outcome == Begun || i.Outcome == Cancelled && i.Effect.Once {
				return &t.items[n]
			}
		}
	}
	return nil
}

// failures returns the items at the end of the lane that are failures.
func (t *tape) failures(l *lane) []int {
	if l == nil {
		return nil
	}
	n := len(l.items)
	for n > 0 && !t.items[l.items[n-1]].success() {
		n--
	}
	return l.items[n:]
}

// success reports whether Append replays the exchange.
func (i *Interaction) success() bool {
	if i.Effect != nil {
		return i.Outcome == Complete || i.Outcome == Failed
	}
	return i.Outcome == Complete && i.Response.Code < 400
}
