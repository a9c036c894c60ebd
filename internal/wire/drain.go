package wire

import (
	"io"
	"time"
)

// drainTime bounds how long Drain waits.
const drainTime = 500 * time.Millisecond

// Drain reads the little that may follow the end of an answer, so that the
// connection can be used again and a recorder sees the body's end. It gives
// up on a server that keeps the body open.
func Drain(body io.Reader) {
	closer, ok := body.(io.Closer)
	if !ok {
		return
	}
	timer := time.AfterFunc(drainTime, func() { closer.Close() })
	defer timer.Stop()
	_, _ = io.Copy(io.Discard, io.LimitReader(body, 64<<10)) // its error changes nothing
}
