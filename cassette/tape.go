package cassette

import (
	"crypto/sha256"
	"hash/maphash"
	"net/http"
)

// A tape is a list of recorded exchanges with an index: finding the next one
// that answers a request takes the same time however many there are.
type tape struct {
	items  []Interaction
	used   []bool
	redact *Redact
	lanes  map[key]*lane
	of     []*lane        // of each item; nil for what is no exchange
	exact  map[uint64]int // an item by the hash of its request's very bytes
	seed   maphash.Seed
}

// A key is the same for two requests that match, and only for these.
type key [sha256.Size]byte

// A lane holds the exchanges with one key, in order.
type lane struct {
	items []int
	next  int // lane.items[:next] are used
}

func newTape(items []Interaction, redact *Redact) tape {
	t := tape{
		items:  items,
		used:   make([]bool, len(items)),
		of:     make([]*lane, len(items)),
		redact: redact,
		lanes:  make(map[key]*lane, len(items)),
		exact:  make(map[uint64]int, len(items)),
		seed:   maphash.MakeSeed(),
	}
	for n := range items {
		i := &items[n]
		if i.hollow() || i.Effect != nil {
			t.used[n] = true
			continue
		}
		k := t.key(&i.Request)
		l := t.lanes[k]
		if l == nil {
			l = &lane{}
			t.lanes[k] = l
		}
		l.items = append(l.items, n)
		t.of[n] = l
		t.exact[t.hash(&i.Request)] = n
	}
	return t
}

// key returns what the request is found by.
func (t *tape) key(r *Request) key {
	buf := make([]byte, 0, len(r.Body)+len(r.URL)+64)
	buf = append(append(buf, method(r)...), ' ')
	buf = append(append(buf, t.redact.URL(r.URL)...), '\n')
	body := t.redact.Body(r.Body)
	buf, ok := canonical(buf, body)
	if !ok {
		buf = append(append(buf, '='), body...)
	}
	return sha256.Sum256(buf)
}

func method(r *Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

func (t *tape) hash(r *Request) uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	h.WriteString(r.Method)
	h.WriteByte(' ')
	h.WriteString(r.URL)
	h.WriteByte('\n')
	h.WriteString(r.Body)
	return h.Sum64()
}

// lane returns the exchanges that match the request, or nil.
func (t *tape) lane(r *Request) *lane {
	if n, ok := t.exact[t.hash(r)]; ok {
		// What is equal to the byte matches, whatever the rules.
		if q := &t.items[n].Request; q.Method == r.Method && q.URL == r.URL && q.Body == r.Body {
			return t.of[n]
		}
	}
	return t.lanes[t.key(r)]
}

// take returns the next unused exchange of the lane. With successes, failures
// are passed over.
func (t *tape) take(l *lane, successes bool) *Interaction {
	for l != nil && l.next < len(l.items) {
		n := l.items[l.next]
		l.next++
		if !successes || t.items[n].success() {
			t.used[n] = true
			return &t.items[n]
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
	return i.Outcome == Complete && i.Response.Code < 400
}
