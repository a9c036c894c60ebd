package cassette_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/repriselabs/reprise/cassette"
)

// TestStrength has a test that checks the name in an answer, and not the age.
func TestStrength(t *testing.T) {
	rec := &cassette.Recording{Interactions: []cassette.Interaction{{
		ID:       0,
		Request:  cassette.Request{Method: "POST", URL: "http://x/", Body: `{"q":"who"}`},
		Response: cassette.Response{Code: 200, Body: `{"name":"Ann","age":41}`},
	}, {
		ID:       1,
		Request:  cassette.Request{Method: "POST", URL: "http://x/s"},
		Response: cassette.Response{Code: 200, Body: "data: {\"a\":1}\n\ndata: [DONE]\n\n"},
	}}}
	test := func(c *cassette.Cassette) error {
		a, err := try(c, "POST", "http://x/", `{"q":"who"}`)
		var got struct{ Name string }
		if json.Unmarshal([]byte(a.Body), &got); err != nil || got.Name != "Ann" {
			return fmt.Errorf("%v, %v", a, err)
		}
		b, err := try(c, "POST", "http://x/s", "")
		if err != nil || b.Code != 200 || !strings.Contains(b.Body, "[DONE]") {
			return fmt.Errorf("%v, %v", b, err)
		}
		return nil
	}
	report, err := cassette.Strength(rec, test)
	if err != nil {
		t.Fatal(err)
	}
	var survived []string
	for _, m := range report.Survived {
		survived = append(survived, m.String())
	}
	want := []string{
		"exchange 0: response code: 200 → 500",
		"exchange 0: response body: age: 41 → 1",
		"exchange 1: response body, event 0: data: {\"a\":1}\n\n → left out",
		"exchange 1: response body, event 0: a: 1 → 2",
	}
	if d := cmp.Diff(want, survived); d != "" || report.Tried != 12 {
		t.Errorf("tried %d:\n%s", report.Tried, d)
	}
	if rec.Interactions[0].Response.Body != `{"name":"Ann","age":41}` {
		t.Error("the recording was changed")
	}
	if _, err := cassette.Strength(rec, func(*cassette.Cassette) error { return errors.New("no") }); err == nil {
		t.Error("a test that fails anyway is taken")
	}
}

// TestStrengthOfSeed: a test that asks for all and looks at nothing notices
// every change of a request, and none of an answer.
func TestStrengthOfSeed(t *testing.T) {
	rec := load(t, seedFile)
	report, err := cassette.Strength(rec, func(c *cassette.Cassette) error {
		for _, i := range rec.Interactions {
			req, _ := http.NewRequest(i.Request.Method, i.Request.URL, strings.NewReader(i.Request.Body))
			resp, err := c.RoundTrip(req)
			if err != nil {
				return err
			}
			io.Copy(io.Discard, resp.Body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	requests := 0
	for _, m := range report.Survived {
		if strings.HasPrefix(m.Where, "request") {
			requests++
			t.Errorf("not noticed: %v", m)
		}
	}
	if report.Tried < 500 || len(report.Survived) < 400 {
		t.Errorf("tried %d, %d survived", report.Tried, len(report.Survived))
	}
}

func TestLearnVolatile(t *testing.T) {
	of := func(bodies ...string) *cassette.Recording { return recorded(bodies...).Recording }
	a := of(`{"user":"u1","m":[{"id":1,"t":"x"}]}`, `{"user":"u1","m":[{"id":1,"t":"x"},{"id":2,"t":"y"}]}`, `{}`)
	b := of(`{"user":"u2","m":[{"id":3,"t":"x"}]}`, `{"user":"u2","m":[{"id":3,"t":"x"},{"id":4,"t":"y"}],"at":5}`)
	got, unpaired := cassette.LearnVolatile(a, b)
	want := []cassette.Volatile{{"at", 1, "", "5"}, {"m[*].id", 2, "1", "3"}, {"user", 2, `"u1"`, `"u2"`}}
	if d := cmp.Diff(want, got); d != "" || unpaired != 1 {
		t.Errorf("%d unpaired:\n%s", unpaired, d)
	}
	// With what was learned, one replays the other.
	c := &cassette.Cassette{Recording: a}
	for _, v := range got {
		c.Match.Ignore = append(c.Match.Ignore, v.Path)
	}
	for _, i := range b.Interactions {
		ask(t, c, i.Request.Method, i.Request.URL, i.Request.Body)
	}
	if got, want := want[2].String(), `"user", // 2 times, as "u1" and "u2"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
