package mcp

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzRestored reads a body with an id of ours somewhere in it: the id is the
// SDK's again, wherever it stands and however the body comes, and nothing else
// has changed.
func FuzzRestored(f *testing.F) {
	f.Add("data: {\"jsonrpc\":\"2.0\",", ",\"result\":{}}\n\n", false)
	f.Add("", "", true)
	f.Add(strings.Repeat("x", 4096-30), "\n", false)
	f.Add(strings.Repeat("{\"a\":1}", 1000), strings.Repeat("\"id\":", 1000), false)
	f.Fuzz(func(t *testing.T, before, after string, slow bool) {
		if strings.Contains(before+after, "id-") {
			t.Skip("another id")
		}
		n := &renumber{tickets: new(tickets)}
		ours := n.idFor(json.RawMessage("17"), map[string]json.RawMessage{"method": []byte(before), "params": []byte(after)})
		var from io.Reader = strings.NewReader(before + `"id" : "` + ours + `"` + after)
		if slow {
			from = iotest.OneByteReader(from)
		}
		got, err := io.ReadAll(&restored{n: n, from: bufio.NewReader(from)})
		if err != nil {
			t.Fatal(err)
		}
		if want := before + `"id" : 17` + after; string(got) != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// TestOutgoing checks what is changed in a message to the server.
func TestOutgoing(t *testing.T) {
	n := &renumber{tickets: new(tickets)}
	tests := []struct{ in, want string }{
		{`{"jsonrpc":"2.0","id":4,"method":"tools/list","params":{}}`, `{"id":"id-26bd39afa12ff3fb-1","jsonrpc":"2.0","method":"tools/list","params":{}}`},
		{`{"jsonrpc":"2.0","id":4,"method":"tools/list","params":{}}`, `{"id":"id-26bd39afa12ff3fb-1","jsonrpc":"2.0","method":"tools/list","params":{}}`}, // sent again
		{`{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{}}`, `{"id":"id-26bd39afa12ff3fb-2","jsonrpc":"2.0","method":"tools/list","params":{}}`},
		{`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5,"reason":"a < b"}}`,
			`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"reason":"a < b","requestId":"id-26bd39afa12ff3fb-2"}}`},
		{`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}`},
		{`{"jsonrpc":"2.0","id":4,"result":{}}`, `{"jsonrpc":"2.0","id":4,"result":{}}`}, // the id is the server's
		{`grant_type=authorization_code`, `grant_type=authorization_code`},
	}
	for _, test := range tests {
		got, err := n.outgoing([]byte(test.in))
		if err != nil || string(got) != test.want {
			t.Errorf("%s\ngot  %s, %v\nwant %s", test.in, got, err, test.want)
		}
	}
}
