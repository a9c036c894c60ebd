package cassette

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Fault is a transport that spoils the answers of another: a Cassette's, so
// that a good recording gives every kind of bad day. Several kinds may be set
// at once. Its methods may be called by any number of goroutines.
type Fault struct {
	Transport http.RoundTripper        // whose answers; nil: http.DefaultTransport
	Only      func(*http.Request) bool // which requests; nil: all

	// Status answers the first Times requests (0: one) itself with this
	// status, an error in JSON and, if RetryAfter is set, that header in
	// seconds. The requests after them get the real answer.
	Status     int
	Times      int
	RetryAfter time.Duration

	Slow  time.Duration // before the headers
	Reset bool          // no response, but a reset connection

	// What follows happens in the body, after After bytes, or after Events
	// events of an event stream, whichever comes first; both 0: at its begin.
	After  int
	Events int

	Cut     bool          // the body ends there with io.ErrUnexpectedEOF
	End     bool          // the body ends there as if that were its end
	Stall   time.Duration // a wait, which the request's context may end
	Garbage bool          // 64 bytes that are neither text nor JSON come in between

	mu    sync.Mutex
	asked int
}

// ParseFault reads a fault from text: kinds with their values, joined by
// commas, as in "status=429,times=2,retry-after=1s" or "cut,events=3". The
// kinds are status, times, retry-after, slow, reset, after, events, cut, end,
// stall and garbage.
func ParseFault(text string) (*Fault, error) {
	f := &Fault{}
	flags := map[string]*bool{"reset": &f.Reset, "cut": &f.Cut, "end": &f.End, "garbage": &f.Garbage}
	numbers := map[string]*int{"status": &f.Status, "times": &f.Times, "after": &f.After, "events": &f.Events}
	times := map[string]*time.Duration{"retry-after": &f.RetryAfter, "slow": &f.Slow, "stall": &f.Stall}
	for item := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
		switch {
		case flags[name] != nil && value == "":
			*flags[name] = true
		case numbers[name] != nil:
			n, err := strconv.ParseUint(value, 10, 31)
			if err != nil {
				return nil, fmt.Errorf("fault %q: %s: %q is not a number from 0", text, name, value)
			}
			*numbers[name] = int(n)
		case times[name] != nil:
			d, err := time.ParseDuration(value)
			if err != nil || d < 0 {
				return nil, fmt.Errorf("fault %q: %s: %q is not a time, such as 1.5s", text, name, value)
			}
			*times[name] = d
		default:
			return nil, fmt.Errorf("fault %q: %q is none of status=N, times=N, retry-after=D, slow=D, reset, after=N, events=N, cut, end, stall=D, garbage", text, item)
		}
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		return nil, fmt.Errorf("fault %q: %d is no status of an answer", text, f.Status)
	}
	return f, nil
}

// RoundTrip implements http.RoundTripper.
func (f *Fault) RoundTrip(req *http.Request) (*http.Response, error) {
	next := f.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	return f.With(next).RoundTrip(req)
}

// With returns the fault around another transport. The requests that it has
// refused are counted over all of them.
func (f *Fault) With(next http.RoundTripper) http.RoundTripper { return faulty{f, next} }

type faulty struct {
	*Fault
	next http.RoundTripper
}

func (f faulty) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.Only != nil && !f.Only(req) {
		return f.next.RoundTrip(req)
	}
	if f.Slow > 0 {
		if err := sleep(req.Context(), f.Slow); err != nil {
			closeBody(req)
			return nil, err
		}
	}
	if f.Reset {
		closeBody(req)
		return nil, fmt.Errorf("read: %w", syscall.ECONNRESET)
	}
	if f.Status > 0 && f.turn() {
		closeBody(req)
		return f.refuse(req), nil
	}
	resp, err := f.next.RoundTrip(req)
	if err != nil || !f.Cut && !f.End && !f.Garbage && f.Stall == 0 {
		return resp, err
	}
	resp.ContentLength = -1
	resp.Header.Del("Content-Length")
	resp.Body = &faultBody{f: f.Fault, req: req, from: resp.Body, left: f.After, events: f.Events}
	return resp, nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// turn reports whether the request is one of those that are refused.
func (f *Fault) turn() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return f.asked <= max(f.Times, 1)
}

func (f *Fault) refuse(req *http.Request) *http.Response {
	body := fmt.Sprintf(`{"error":{"type":"fault","code":%d,"message":%q}}`, f.Status, http.StatusText(f.Status))
	resp := &http.Response{
		Status:     strings.TrimSpace(fmt.Sprint(f.Status, " ", http.StatusText(f.Status))),
		StatusCode: f.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(body)),
		Body:          io.NopCloser(strings.NewReader(body)),
		Request:       req,
	}
	if f.RetryAfter > 0 {
		seconds := (f.RetryAfter + time.Second - 1) / time.Second
		resp.Header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	return resp
}

// faultBody is a body that goes wrong at some place.
type faultBody struct {
	f      *Fault
	req    *http.Request
	from   io.ReadCloser
	left   int    // bytes before the place, when After is set
	events int    // events before the place, when Events is set
	held   []byte // read, and not yet passed on
	failed error  // of from, after held
	blank  bool   // the last line was blank so far
	there  bool   // the place was reached
	junk   int    // bytes of held that are garbage
}

func (b *faultBody) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !b.there && b.atPlace() {
		b.there = true
		if b.f.Stall > 0 {
			if err := sleep(b.req.Context(), b.f.Stall); err != nil {
				return 0, err
			}
		}
		if b.f.Garbage {
			b.held = append([]byte(garbage), b.held...)
			b.junk = len(garbage)
		}
	}
	if b.there && b.junk == 0 {
		switch {
		case b.f.Cut:
			return 0, io.ErrUnexpectedEOF
		case b.f.End:
			return 0, io.EOF
		}
	}
	if err := b.fill(len(p)); err != nil {
		return 0, err
	}
	n := len(b.held)
	if !b.there {
		n = b.upTo(b.held)
	}
	if b.junk > 0 {
		n = b.junk
	}
	n = copy(p, b.held[:n])
	if !b.there {
		b.passed(b.held[:n])
	}
	b.junk -= min(n, b.junk)
	b.held = b.held[n:]
	return n, nil
}

const garbage = "\x00\xff\xfe<html>}{]\x80garbage garbage garbage garbage garbage garbage\r\r"

// fill reads something to pass on, if there is nothing.
func (b *faultBody) fill(n int) error {
	if len(b.held) > 0 {
		return nil
	}
	if b.failed != nil {
		return b.failed
	}
	buf := make([]byte, n)
	n, b.failed = b.from.Read(buf)
	b.held = buf[:n]
	if n == 0 {
		return b.failed
	}
	return nil
}

// atPlace reports whether the next byte is the one at which it happens.
func (b *faultBody) atPlace() bool {
	switch {
	case b.f.After > 0 && b.left <= 0, b.f.Events > 0 && b.events <= 0:
		return true
	}
	return b.f.After <= 0 && b.f.Events <= 0
}

// upTo returns how many of the bytes come before the place.
func (b *faultBody) upTo(p []byte) int {
	n := len(p)
	if b.f.After > 0 {
		n = min(n, b.left)
	}
	if b.f.Events > 0 {
		blank, events := b.blank, b.events
		for i := range n {
			if blank, events = countEvent(p[i], blank, events); events == 0 {
				return i + 1
			}
		}
	}
	return n
}

// passed counts bytes that are passed on.
func (b *faultBody) passed(p []byte) {
	b.left -= len(p)
	for _, c := range p {
		b.blank, b.events = countEvent(c, b.blank, b.events)
	}
}

// countEvent counts an event at each line break that follows another.
func countEvent(c byte, blank bool, events int) (bool, int) {
	switch c {
	case '\n':
		if blank {
			return false, events - 1
		}
		return true, events
	case '\r':
		return blank, events
	}
	return false, events
}

func (b *faultBody) Close() error { return b.from.Close() }
