package cassette

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An exchange is one that is going on with the network.
type exchange struct {
	c          *Cassette
	item       Interaction
	superseded []int // ids of recorded failures that its success replaces
	ctx        context.Context
	cancel     context.CancelFunc
	reading    atomic.Int32 // Reads of the body that are going on

	mu     sync.Mutex
	resp   *http.Response // nil before there is one
	body   []byte
	chunks []Chunk
	last   time.Time // when the last chunk, or the headers, came
	full   bool      // the last Read filled its buffer: more of the chunk may follow
	done   bool
	err    error // of writing the finished exchange
}

// record asks the network, and writes what comes.
func (c *Cassette) record(req *http.Request, asked *Request, body string, superseded []int) (*http.Response, error) {
	x, err := c.begin(Interaction{Lane: c.lane(req.Context()), Request: *asked}, superseded)
	if err != nil {
		return nil, err
	}
	x.ctx, x.cancel = context.WithCancel(req.Context())
	start := time.Now()
	resp, err := c.transport().RoundTrip(outgoing(req.WithContext(x.ctx), body))
	took := time.Since(start)
	if err != nil {
		outcome := Failed
		if req.Context().Err() != nil {
			outcome = Cancelled
		}
		x.unanswered(took)
		x.finish(outcome, err)
		x.cancel()
		return nil, err
	}
	resp.Request = req
	if resp.StatusCode == http.StatusSwitchingProtocols {
		x.abandon() // no longer HTTP: not recorded
		return resp, nil
	}
	x.head(resp, took)
	switch {
	case resp.Body == nil || resp.Body == http.NoBody:
		x.finish(Complete, nil)
		x.cancel()
	default:
		resp.Body = &recordBody{x: x, from: resp.Body}
	}
	return resp, nil
}

// begin registers an exchange, once it is sure that the file can be written.
func (c *Cassette) begin(item Interaction, superseded []int) (*exchange, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.writable(); err != nil {
		return nil, err
	}
	item.ID, item.Started = c.nextID, c.now()
	x := &exchange{c: c, item: item, superseded: superseded}
	if item.Effect == nil && len(c.log.found) > 0 {
		x.superseded = append(x.superseded, c.log.foundLike(c.tape.key(item.Lane, &item.Request), c.tape.key)...)
	}
	if err := c.log.part.began(&x.item); err != nil {
		c.failed = &FileError{c.File, pathless(err)}
		return nil, c.failed
	}
	c.nextID++
	if c.live == nil {
		c.live = map[*exchange]struct{}{}
	}
	c.live[x] = struct{}{}
	return x, nil
}

// now returns the time, which is never twice the same. c.mu is held.
func (c *Cassette) now() time.Time {
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(c.latest) {
		now = c.latest.Add(time.Microsecond)
	}
	c.latest = now
	return now
}

// writable opens the file for writing, once. c.mu is held.
func (c *Cassette) writable() error {
	if err := c.open(); err != nil || c.log != nil {
		return err
	}
	var err error
	if c.log, err = c.claim(); err != nil {
		c.failed = err
		return err
	}
	c.nextID = c.log.nextID()
	return nil
}

// claim makes the file that of this cassette.
func (c *Cassette) claim() (*journal, error) {
	log, err := openJournal(c.File, c.read, c.tape.items, c.stamp, c.Redact.find())
	if err != nil {
		return nil, &FileError{c.File, pathless(err)}
	}
	log.comment, log.part.changed = c.Comment, c.changed
	if c.Mode == Record {
		if err := log.forget(); err != nil {
			return nil, &FileError{c.File, pathless(errors.Join(err, log.part.leave()))}
		}
	}
	return log, nil
}

// unanswered keeps how long there was no response.
func (x *exchange) unanswered(took time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.done {
		x.item.Response.Duration = took
	}
}

// head keeps the response's head, which took that long to come.
func (x *exchange) head(resp *http.Response, took time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.done {
		return
	}
	x.resp, x.last = resp, time.Now()
	r := &x.item.Response
	r.Duration = took
	r.Proto, r.ProtoMajor, r.ProtoMinor = resp.Proto, resp.ProtoMajor, resp.ProtoMinor
	r.TransferEncoding = slices.Clone(resp.TransferEncoding)
	r.ContentLength = resp.ContentLength
	r.Uncompressed = resp.Uncompressed
	r.Header = x.c.Redact.ResponseHeader(resp.Header)
	r.Status = resp.Status
	r.Code = resp.StatusCode
	x.c.log.part.head(x.item.ID, *r)
}

// data keeps a piece of the body that a Read returned after waiting since
// asked; whole says that it did not fill the Read's buffer.
func (x *exchange) data(p []byte, asked, now time.Time, whole bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.done {
		return
	}
	x.body = append(x.body, p...)
	// What a Read finds waiting after one that was too small for it arrived
	// with that one.
	const atOnce = 50 * time.Microsecond
	if n := len(x.chunks); n > 0 && x.full && now.Sub(asked) < atOnce {
		x.chunks[n-1].Size += len(p)
	} else {
		x.chunks = append(x.chunks, Chunk{len(p), x.since(now)})
	}
	x.full = !whole
	x.c.log.part.data(x.item.ID, p)
}

// since returns the time since the last chunk, and makes now the last.
func (x *exchange) since(now time.Time) time.Duration {
	d := now.Sub(x.last)
	x.last = now
	return max(d, 0).Truncate(time.Microsecond)
}

// finish ends the exchange and writes it; only the first call counts. It
// returns the error of writing it.
func (x *exchange) finish(outcome Outcome, cause error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.done {
		return x.err
	}
	x.done = true
	x.item.Outcome = outcome
	if cause != nil {
		x.item.Error = x.c.Redact.Text(cause.Error())
	}
	r, how := &x.item.Response, whole
	if outcome != Complete {
		how = cut
	}
	if x.resp != nil {
		r.Chunks = append(x.chunks, Chunk{0, x.since(time.Now())})
		r.Body = string(x.body)
		if !x.c.log.part.clean(x.item.ID) {
			r.Body, r.Chunks = x.c.Redact.stream(r.Body, r.Chunks, how)
		}
		r.Trailer = x.c.Redact.ResponseHeader(x.resp.Trailer)
	}
	x.err = x.c.ended(x)
	x.body, x.chunks = nil, nil
	return x.err
}

// ended writes the exchange that ended.
func (c *Cassette) ended(x *exchange) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.live, x)
	if x.item.success() {
		x.item.Supersedes = x.superseded
	}
	return c.append(&x.item)
}

// write adds an item to the file.
func (c *Cassette) write(i *Interaction) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.append(i)
}

// append is write when c.mu is held.
func (c *Cassette) append(i *Interaction) error {
	if c.failed == nil {
		if err := c.log.append(i); err != nil {
			c.failed = &FileError{c.File, pathless(err)}
		}
	}
	return c.failed
}

// abandon forgets the exchange.
func (x *exchange) abandon() {
	x.mu.Lock()
	x.done = true
	x.mu.Unlock()
	x.c.mu.Lock()
	defer x.c.mu.Unlock()
	delete(x.c.live, x)
	x.c.log.part.ended(x.item.ID)
}

// recordBody passes the body on as it comes and keeps a copy.
type recordBody struct {
	x    *exchange
	from io.ReadCloser
}

func (b *recordBody) Read(p []byte) (int, error) {
	b.x.reading.Add(1)
	defer b.x.reading.Add(-1)
	asked := time.Now()
	n, err := b.from.Read(p)
	now := time.Now()
	if n > 0 {
		b.x.data(p[:n], asked, now, n < len(p))
	}
	switch {
	case err == io.EOF:
		b.x.finish(Complete, nil)
	case err != nil:
		b.x.finish(b.x.outcome(err), err)
	}
	return n, err
}

// outcome tells a body that failed from one that was given up.
func (x *exchange) outcome(err error) Outcome {
	if x.ctx.Err() != nil || errors.Is(err, http.ErrBodyReadAfterClose) {
		return Cancelled
	}
	return Cut
}

// Close closes the body. One that was not read to its end is recorded as
// cancelled, unless the end is right there: clients of event streams often
// stop at the last event, before the end.
func (b *recordBody) Close() error {
	b.drain()
	err := b.from.Close()
	b.x.cancel()
	if lost := b.x.finish(Cancelled, errors.New("the body was closed before its end")); lost != nil {
		return lost
	}
	return err
}

// drain looks for the end of the body for a moment.
func (b *recordBody) drain() {
	const (
		moment = 50 * time.Millisecond
		most   = 64 << 10 // bytes
	)
	if b.x.isDone() || b.x.ctx.Err() != nil || b.x.reading.Load() > 0 {
		return
	}
	timer := time.AfterFunc(moment, func() {
		b.x.cancel()
		b.from.Close()
	})
	defer timer.Stop()
	rest, err := io.ReadAll(io.LimitReader(b.from, most+1))
	if err != nil || len(rest) > most {
		return
	}
	if now := time.Now(); len(rest) > 0 {
		b.x.data(rest, now, now, true)
	}
	b.x.finish(Complete, nil)
}

func (x *exchange) isDone() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.done
}
