package peer

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What a server under load answers, besides [Slow].
const (
	Flushed = "flushed" // the run's first answer, with a flush behind each event
	Once    = "once"    // the same, with one flush
	Stamped = "stamped" // so many chunks that say when they were sent, one every [Tick]
)

// Tick is what is between two stamped chunks.
const Tick = 2 * time.Millisecond

// SeedRequest is the run's first request.
//
//go:embed seed-1.json
var SeedRequest string

// eventsOf splits an event stream.
func eventsOf(stream []byte) [][]byte {
	all := bytes.SplitAfter(stream, []byte("\n\n"))
	return all[:len(all)-1] // nothing is behind the last
}

// pieces writes them, with a flush behind each.
func pieces(w http.ResponseWriter, all [][]byte) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := w.(http.Flusher)
	for _, p := range all {
		if _, err := w.Write(p); err != nil {
			return // the client is gone
		}
		flush.Flush()
	}
}

// stampMark stands in front of a time.
const stampMark = "sent at "

// stamp is a stamped stream's delta: the time.
func stamp(int) string { return stampMark + strconv.FormatInt(time.Now().UnixNano(), 10) }

// Sent is when a stamped chunk was sent, in nanoseconds since 1970.
func Sent(line string) (int64, bool) {
	var t int64
	_, rest, ok := strings.Cut(line, stampMark)
	if !ok {
		return 0, false
	}
	_, err := fmt.Sscanf(rest, "%d", &t)
	return t, err == nil
}
