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

func trickle(w http.ResponseWriter, r *http.Request, size int) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := w.(http.Flusher)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := range size {
		if _, err := io.WriteString(w, head+`"content":"`+words[i%len(words)]+`"`+tail); err != nil {
			return // the client is gone
		}
		flush.Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
	w.Write(stream(Text, 0))
}
