package peer

import (
	"io"
	"net/http"
	"time"
)

// Slow is a stream of which one delta comes every tenth of a second, until
// the size (of deltas) is reached.
const Slow = "slow"

const pace = 100 * time.Millisecond

// paced writes so many chunks, one every so often, and then the end of a
// stream with the next.
func paced(w http.ResponseWriter, r *http.Request, chunks int, every time.Duration, delta func(i int) string) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := w.(http.Flusher)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range chunks {
		if _, err := io.WriteString(w, head+`"content":"`+delta(i)+`"`+tail); err != nil {
			return // the client is gone
		}
		flush.Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
	w.Write(stream(Text, 0)) // an error is the client's to see
}

// word is a slow stream's delta.
func word(i int) string { return words[i%len(words)] }
