package wire

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTake(t *testing.T) {
	type message struct {
		Role string `json:"role"`
	}
	for _, c := range []struct {
		body, err string
		want      []message
	}{
		{body: `{"x":1,"messages":[{"role":"user"}]}`, want: []message{{"user"}}},
		{body: `{"x":1,"messages":null}`},
		{body: `{"x":1}`},
		{body: `{"x":1,"messages":"hi"}`, err: "messages: a value of type string does not belong there"},
		{body: `{"x":1,"messages":["hi"]}`, err: "messages: a value of type string does not belong there"},
		{body: `{"x":1,"messages":[{"role":7}]}`, err: "messages: its role cannot be of type number"},
	} {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(c.body), &fields); err != nil {
			t.Fatal(err)
		}
		var got []message
		ok, err := Take(fields, "messages", &got)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: got %v, want %s", c.body, err, c.err)
			}
			continue
		}
		if d := cmp.Diff(c.want, got); d != "" || err != nil || ok != (c.want != nil) {
			t.Errorf("%s: %v, %v (-want +got):\n%s", c.body, ok, err, d)
		}
		if d := cmp.Diff(map[string]json.RawMessage{"x": json.RawMessage("1")}, fields); d != "" {
			t.Errorf("%s: left (-want +got):\n%s", c.body, d)
		}
	}
}
