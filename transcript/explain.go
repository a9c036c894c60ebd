package transcript

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
)

// maxChanges bounds the changes that Explain tells.
const maxChanges = 8

// Explain says in words of the conversation how a request differs from a
// recorded one, a change a line: tools[3].description, messages[7].parts[0],
// with both values. It returns "" if they are not requests to models, or if
// they differ only in what is not of the conversation. It fits [cassette.Cassette].Explain.
func Explain(got, recorded *cassette.Request) string {
	was, now := decoded(recorded), decoded(got)
	if was == nil || now == nil {
		return ""
	}
	was.Extra, now.Extra = nil, nil // not of the conversation
	return Changes(now, was)
}

// Changes says how a request differs from a recorded one, a change a line,
// after how many messages are equal. It returns "" if they are the same.
func Changes(got, recorded *reprise.Request) string {
	changes := cassette.Diff(encode(recorded), encode(got))
	if len(changes) == 0 {
		return ""
	}
	var b strings.Builder
	if n := sameMessages(recorded.Messages, got.Messages); n > 0 {
		fmt.Fprintf(&b, "equal: messages[0..%d]\n", n-1)
	}
	for i, c := range changes {
		if i == maxChanges {
			fmt.Fprintf(&b, "and %d more changes\n", len(changes)-maxChanges)
			break
		}
		fmt.Fprintln(&b, c)
	}
	return b.String()
}

// decoded is a recorded request, or nil if it is none to a model.
func decoded(r *cassette.Request) *reprise.Request {
	c, ok := codecOf(r)
	if !ok {
		return nil
	}
	req, err := c.Request()
	if err != nil {
		return nil
	}
	return req
}

func encode(v any) string {
	b, _ := json.Marshal(v) // a decoded request always marshals
	return string(b)
}

// sameMessages counts the equal messages that both begin with.
func sameMessages(a, b []reprise.Message) int {
	n := 0
	for n < min(len(a), len(b)) && encode(a[n]) == encode(b[n]) {
		n++
	}
	return n
}
