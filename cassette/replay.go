package cassette

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// replay returns the recorded response to req, with a copy of everything that
// a caller could change.
func (c *Cassette) replay(req *http.Request, i *Interaction) (*http.Response, error) {
	if err := c.wait(req.Context(), i.Response.Duration); err != nil {
		return nil, err
	}
	r := &i.Response
	if r.Code == 0 {
		return nil, replayed(i)
	}
	proto, major, minor := r.Proto, r.ProtoMajor, r.ProtoMinor
	if proto == "" {
		proto, major, minor = "HTTP/1.1", 1, 1
	}
	status := r.Status
	if status == "" {
		status = strconv.Itoa(r.Code) + " " + http.StatusText(r.Code)
	}
	resp := &http.Response{
		Status:           status,
		StatusCode:       r.Code,
		Proto:            proto,
		ProtoMajor:       major,
		ProtoMinor:       minor,
		Header:           r.Header.Clone(),
		ContentLength:    r.ContentLength,
		TransferEncoding: append([]string(nil), r.TransferEncoding...),
		Uncompressed:     r.Uncompressed,
		Request:          req,
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if resp.ContentLength >= 0 && i.Outcome == Complete && req.Method != http.MethodHead {
		resp.ContentLength = int64(len(r.Body)) // redaction or a hand may have changed it
	}
	for name := range r.Trailer {
		if resp.Trailer == nil {
			resp.Trailer = http.Header{}
		}
		resp.Trailer[name] = nil
	}
	resp.Body = &replayBody{c: c, ctx: req.Context(), resp: resp, item: i, rest: r.Body, chunks: trust(r.Chunks, len(r.Body))}
	return resp, nil
}

// wait waits for the recorded time at the cassette's pace.
func (c *Cassette) wait(ctx context.Context, recorded time.Duration) error {
	d := time.Duration(float64(recorded) * c.Pace)
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// replayed returns the error that ended the recorded exchange.
func replayed(i *Interaction) error {
	if i.Outcome == Cancelled {
		return fmt.Errorf("recorded as cancelled: %s: %w", i.Error, context.Canceled)
	}
	if i.Error == io.ErrUnexpectedEOF.Error() {
		return io.ErrUnexpectedEOF
	}
	return errors.New(i.Error)
}

// replayBody is a recorded body: each Read returns bytes of one chunk.
type replayBody struct {
	c      *Cassette
	ctx    context.Context
	resp   *http.Response
	item   *Interaction
	rest   string
	chunks []Chunk // those that have not begun; nil: the rest is one
	left   int     // bytes left of the chunk that has begun
	closed bool
}

func (b *replayBody) Read(p []byte) (int, error) {
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if len(p) == 0 {
		return 0, nil
	}
	for b.left == 0 {
		if len(b.chunks) == 0 {
			b.left = len(b.rest)
			break
		}
		chunk := b.chunks[0]
		if err := b.c.wait(b.ctx, chunk.Wait); err != nil {
			return 0, err
		}
		b.chunks, b.left = b.chunks[1:], chunk.Size
	}
	if b.left == 0 {
		return 0, b.end()
	}
	n := copy(p[:min(len(p), b.left)], b.rest)
	b.rest = b.rest[n:]
	b.left -= n
	return n, nil
}

// end returns what follows the last byte.
func (b *replayBody) end() error {
	if b.item.Outcome != Complete {
		return replayed(b.item)
	}
	for name, values := range b.item.Response.Trailer {
		b.resp.Trailer[name] = append([]string(nil), values...)
	}
	return io.EOF
}

func (b *replayBody) Close() error {
	b.closed = true
	return nil
}
