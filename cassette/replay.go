package cassette

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Replay returns the recorded response to req, as a Cassette with this Pace
// does, or the error that was recorded in its place. The response's headers
// and trailers are the caller's.
func (i *Interaction) Replay(req *http.Request, pace float64) (*http.Response, error) {
	return player{pace: pace}.replay(req, i)
}

// player is how exchanges are replayed.
type player struct {
	pace  float64
	split func(body string, recorded []Chunk) []Chunk
}

func (p player) replay(req *http.Request, i *Interaction) (*http.Response, error) {
	if err := p.wait(req.Context(), i.Response.Duration); err != nil {
		return nil, err
	}
	if i.Response.Code == 0 {
		return nil, replayed(i)
	}
	resp := i.Response.http(req)
	if resp.ContentLength >= 0 && i.Outcome == Complete && req.Method != http.MethodHead {
		resp.ContentLength = int64(len(i.Response.Body)) // redaction or a hand may have changed it
	}
	chunks := trust(i.Response.Chunks, len(i.Response.Body))
	if p.split != nil {
		chunks = trust(p.split(i.Response.Body, chunks), len(i.Response.Body))
	}
	resp.Body = &replayBody{p: p, ctx: req.Context(), resp: resp, item: i, rest: i.Response.Body, chunks: chunks}
	return resp, nil
}

// http returns the response to req without its body.
func (r *Response) http(req *http.Request) *http.Response {
	resp := &http.Response{
		Status:           r.Status,
		StatusCode:       r.Code,
		Proto:            r.Proto,
		ProtoMajor:       r.ProtoMajor,
		ProtoMinor:       r.ProtoMinor,
		Header:           r.Header.Clone(),
		ContentLength:    r.ContentLength,
		TransferEncoding: slices.Clone(r.TransferEncoding),
		Uncompressed:     r.Uncompressed,
		Request:          req,
	}
	if resp.Proto == "" {
		resp.Proto, resp.ProtoMajor, resp.ProtoMinor = "HTTP/1.1", 1, 1
	}
	if resp.Status == "" {
		resp.Status = strings.TrimSpace(strconv.Itoa(r.Code) + " " + http.StatusText(r.Code))
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if len(r.Trailer) > 0 {
		resp.Trailer = http.Header{}
		for name := range r.Trailer {
			resp.Trailer[name] = nil
		}
	}
	return resp
}

// wait waits for the recorded time at the player's pace.
func (p player) wait(ctx context.Context, recorded time.Duration) error {
	return sleep(ctx, time.Duration(float64(recorded)*p.pace))
}

// sleep waits, or returns the context's error as soon as there is one.
func sleep(ctx context.Context, d time.Duration) error {
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

// replayed returns the error that ended the recorded exchange. What programs
// look for with errors.Is is told from its text.
func replayed(i *Interaction) error {
	causes := []error{context.DeadlineExceeded, context.Canceled, os.ErrDeadlineExceeded, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, io.ErrUnexpectedEOF}
	if i.Outcome == Failed {
		causes = append(causes, io.EOF) // within a body that would be its end
	}
	for _, cause := range causes {
		switch before, ok := strings.CutSuffix(i.Error, cause.Error()); {
		case ok && before == "":
			return cause
		case ok:
			return fmt.Errorf("%s%w", before, cause)
		}
	}
	if i.Outcome == Cancelled {
		return fmt.Errorf("recorded as cancelled: %s: %w", i.Error, context.Canceled)
	}
	return errors.New(i.Error)
}

// replayBody is a recorded body: each Read returns bytes of one chunk.
type replayBody struct {
	p      player
	ctx    context.Context
	resp   *http.Response
	item   *Interaction
	rest   string
	chunks []Chunk // those that have not begun; nil: the rest is one
	left   int     // bytes left of the chunk that has begun
	closed bool
}

func (b *replayBody) Read(p []byte) (int, error) {
	if len(p) == 0 && !b.closed {
		return 0, nil
	}
	if err := b.next(); err != nil {
		return 0, err
	}
	n := copy(p[:min(len(p), b.left)], b.rest)
	b.read(n)
	return n, nil
}

// WriteTo writes what is left: each Write has bytes of one chunk, as many as
// io.Copy would read at once.
func (b *replayBody) WriteTo(w io.Writer) (int64, error) {
	const most = 32 << 10
	to, ok := w.(io.StringWriter)
	if !ok {
		to = &stringWriter{Writer: w}
	}
	written := int64(0)
	for {
		if err := b.next(); err == io.EOF {
			return written, nil
		} else if err != nil {
			return written, err
		}
		n, err := to.WriteString(b.rest[:min(b.left, most)])
		b.read(n)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
}

// A stringWriter writes strings to what takes bytes. Its buffer is no larger
// than they need.
type stringWriter struct {
	io.Writer
	buf []byte
}

func (w *stringWriter) WriteString(s string) (int, error) {
	w.buf = append(w.buf[:0], s...)
	return w.Write(w.buf)
}

// next waits for the next chunk if all of the one before was read. It returns
// what follows the last byte when that was.
func (b *replayBody) next() error {
	if b.closed {
		return http.ErrBodyReadAfterClose
	}
	for b.left == 0 {
		if len(b.chunks) == 0 {
			if b.left = len(b.rest); b.left == 0 {
				return b.end()
			}
			break
		}
		chunk := b.chunks[0]
		if err := b.p.wait(b.ctx, chunk.Wait); err != nil {
			return err
		}
		b.chunks, b.left = b.chunks[1:], chunk.Size
	}
	return nil
}

// read goes on behind n bytes of the chunk.
func (b *replayBody) read(n int) { b.rest, b.left = b.rest[n:], b.left-n }

// end returns what follows the last byte.
func (b *replayBody) end() error {
	if b.item.Outcome != Complete {
		return replayed(b.item)
	}
	for name, values := range b.item.Response.Trailer {
		b.resp.Trailer[name] = slices.Clone(values)
	}
	return io.EOF
}

func (b *replayBody) Close() error {
	b.closed = true
	return nil
}
