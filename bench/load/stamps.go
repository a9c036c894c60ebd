package load

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/repriselabs/reprise/bench/peer"
)

// Stamps are the times that a client of a stamped stream saw, in nanoseconds.
type Stamps struct {
	First  []float64 // from the request to the first chunk, by stream
	Chunks []float64 // from the sending of a chunk to its coming
}

// Stamps reads so many stamped streams, one after the other.
func (l Load) Stamps(streams int) (Stamps, error) {
	l.Clients = 1
	var s Stamps
	clients, err := l.dial()
	for _, c := range clients {
		defer c.conn.Close()
	}
	if err != nil {
		return s, err
	}
	for range streams {
		began := time.Now()
		first := true
		_, err := clients[0].ask(func(body io.Reader) (int64, error) {
			lines := bufio.NewReader(body)
			for {
				line, err := lines.ReadString('\n')
				now := time.Now()
				if first && line != "" {
					s.First = append(s.First, float64(now.Sub(began)))
					first = false
				}
				if sent, ok := peer.Sent(line); ok {
					s.Chunks = append(s.Chunks, float64(now.UnixNano()-sent))
				}
				if err == io.EOF {
					return 0, nil
				} else if err != nil {
					return 0, err
				}
			}
		})
		if err != nil {
			return s, err
		}
	}
	if len(s.Chunks) == 0 {
		return s, fmt.Errorf("%s: no chunk says when it was sent", l.Path)
	}
	return s, nil
}
