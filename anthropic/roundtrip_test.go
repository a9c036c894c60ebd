package anthropic

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// encoded is the body that a model sends, and the warnings.
func encoded(t *testing.T, m *Model, req *reprise.Request) (object, []reprise.Warning) {
	t.Helper()
	before, err := json.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	name := req.Model
	if name == "" {
		name = m.Name
	}
	e := newEncoder(m, name)
	body, err := e.encode(OpMessages, req)
	if err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(req); string(before) != string(after) {
		t.Errorf("encoding changed the request:\n%s\n%s", before, after)
	}
	var v object
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v, e.warnings
}

// missing lists what of want is not in got. Objects and lists may have more,
// lists in order.
func missing(path string, want, got any) (list []string) {
	switch want := want.(type) {
	case object:
		have, ok := got.(object)
		if !ok {
			return []string{fmt.Sprintf("%s: %v instead of an object", path, got)}
		}
		for key, v := range want {
			if w, ok := have[key]; ok {
				list = append(list, missing(path+"."+key, v, w)...)
			} else {
				list = append(list, path+"."+key)
			}
		}
		return list
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) < len(want) {
			return []string{fmt.Sprintf("%s: not a list of %d", path, len(want))}
		}
		for i := range want {
			for len(have)-1 > len(want)-1-i && missing("", want[i], have[0]) != nil {
				have = have[1:]
			}
			list = append(list, missing(fmt.Sprintf("%s[%d]", path, i), want[i], have[0])...)
			have = have[1:]
		}
		return list
	}
	if !reflect.DeepEqual(want, got) {
		return []string{fmt.Sprintf("%s: %.200v instead of %.200v", path, got, want)}
	}
	return nil
}

// withoutMarks takes out every cache_control, and says how many there were.
func withoutMarks(v any) (n int) {
	switch v := v.(type) {
	case object:
		if _, ok := v["cache_control"]; ok {
			delete(v, "cache_control")
			n++
		}
		for _, below := range v {
			n += withoutMarks(below)
		}
	case []any:
		for _, below := range v {
			n += withoutMarks(below)
		}
	}
	return n
}

func bodyOf(t *testing.T, x exchange) object {
	t.Helper()
	var body object
	if err := json.Unmarshal([]byte(x.Request), &body); err != nil {
		t.Fatal(err)
	}
	delete(body, "stream")
	return body
}

func TestRecordedRequestsReadAndSentAgainAreTheSame(t *testing.T) {
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i, x := range exchanges {
			m := x.model()
			got, warnings := encoded(t, m, x.read(t))
			if len(warnings) > 0 {
				t.Errorf("exchange %d: %v", i, warnings)
			}
			delete(got, "stream")
			if n := withoutMarks(got); n == 0 || n > 3 {
				t.Errorf("exchange %d has %d automatic cache points", i, n)
			}
			want := bodyOf(t, x)
			if list := missing("body", want, got); list != nil {
				t.Errorf("exchange %d lacks %s", i, strings.Join(list, "\n"))
			}
			delete(got, "tool_choice") // is always said in full
			delete(want, "tool_choice")
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exchange %d (-recorded +sent):\n%s", i, d)
			}
		}
	})
}

// nextTurn are the messages of the second request that the first request and
// its answer do not hold: the results of tools, and what the user said then.
func nextTurn(t *testing.T, first, second *reprise.Request) []reprise.Message {
	t.Helper()
	n := len(first.Messages)
	if len(second.Messages) < n+2 || second.Messages[n].Role != reprise.RoleAssistant {
		t.Fatalf("the second request is not a turn after the first: %d and %d messages", n, len(second.Messages))
	}
	return second.Messages[n+1:]
}

func TestAnswersGoBackWithEverythingThatWasRecorded(t *testing.T) {
	turns := 0
	eachRecording(t, func(t *testing.T, exchanges []exchange) {
		for i := 1; i < len(exchanges); i++ {
			turns++
			first, second := exchanges[i-1].read(t), exchanges[i].read(t)
			resp, err := reprise.Collect(ReadResponse(strings.NewReader(exchanges[i-1].Response), exchanges[i-1].provider(), first))
			if err != nil {
				t.Fatal(err)
			}
			req := *first
			req.Messages = append(append([]reprise.Message{}, first.Messages...), resp.Message)
			req.Messages = append(req.Messages, nextTurn(t, first, second)...)
			got, warnings := encoded(t, exchanges[i].model(), &req)
			if len(warnings) > 0 {
				t.Errorf("turn %d: %v", i+1, warnings)
			}
			if list := missing("body", bodyOf(t, exchanges[i]), got); list != nil {
				t.Errorf("turn %d lacks %s", i+1, strings.Join(list, "\n"))
			}
			plain := withoutDefaults(readPlainly(t, exchanges[i-1].events(t)).Blocks)
			withoutMarks(got)
			var sent []map[string]any
			for _, b := range got["messages"].([]any)[len(first.Messages)].(object)["content"].([]any) {
				sent = append(sent, b.(object))
			}
			if d := cmp.Diff(plain, sent); d != "" {
				t.Errorf("turn %d: the answer went back as another (-answer +sent):\n%s", i+1, d)
			}
		}
	})
	if !t.Failed() && turns == 0 && !t.Skipped() {
		t.Error("no recording has two turns")
	}
}
