package gemini

import (
	"bytes"
	"io"
)

// tail keeps the end of what is read through it: an error in mid-stream may
// come as bare JSON, which is no event.
type tail struct {
	r   io.Reader
	buf []byte
}

const tailSize = 64 << 10

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.buf = append(t.buf, p[:n]...)
	if len(t.buf) > 2*tailSize {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-tailSize:]...)
	}
	return n, err
}

// rest is what follows the last event.
func (t *tail) rest() []byte {
	b := t.buf[max(0, len(t.buf)-tailSize):]
	last := bytes.LastIndex(b, []byte("\ndata:"))
	if last < 0 && !bytes.HasPrefix(b, []byte("data:")) && len(b) < tailSize {
		return bytes.TrimSpace(b)
	}
	line := bytes.IndexByte(b[last+1:], '\n')
	if line < 0 {
		return nil
	}
	return bytes.TrimSpace(b[last+1+line:])
}

// complained fails for what follows the last event, if that is an error or
// the beginning of one.
func (s *stream) complained(rest []byte) bool {
	if len(rest) == 0 || rest[0] != '{' && rest[0] != '[' {
		return false
	}
	switch {
	case truncated(rest):
		s.Cut("was cut off in the middle of an error")
	case bytes.Contains(rest, []byte(`"error"`)):
		s.Fail(s.errorIn(rest))
	default:
		s.odd(rest, false, nil)
	}
	return true
}
