package cassette

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Mutation is one change to a recording.
type Mutation struct {
	ID    int    // of the interaction
	Where string // such as "request body" or "response body, event 3"
	Path  string // in the JSON there; empty for what is not JSON
	From  string // as it was, cut to a line's part
	To    string
}

func (m Mutation) String() string {
	where := m.Where
	if m.Path != "" {
		where += ": " + m.Path
	}
	return fmt.Sprintf("exchange %d: %s: %s → %s", m.ID, where, m.From, m.To)
}

// A Report is the result of Strength.
type Report struct {
	Tried    int
	Survived []Mutation // the test did not notice these
}

// Strength tells how much of a recording a test depends on. It changes the
// recording, one value of a request or an answer at a time, and runs the test
// with a cassette that replays it. A test that is content with a changed
// recording does not check that value. The test must fail by its error, also
// for errors that the cassette returns; the cassette is closed after it.
//
// The test must pass with the recording as it is, else that error is returned.
func Strength(rec *Recording, test func(*Cassette) error) (*Report, error) {
	run := func(rec *Recording) error {
		c := &Cassette{File: "mutation", Recording: rec}
		err := test(c)
		if closed := c.Close(); err == nil {
			err = closed
		}
		return err
	}
	if err := run(rec); err != nil {
		return nil, fmt.Errorf("cassette: the test fails with the recording as it is: %w", err)
	}
	report := &Report{}
	for m, mutant := range Mutations(rec) {
		report.Tried++
		if run(mutant) == nil {
			report.Survived = append(report.Survived, m)
		}
	}
	return report, nil
}

// Mutations yields each mutation with the recording that has it. Recordings
// share what is equal.
func Mutations(rec *Recording) iter.Seq2[Mutation, *Recording] {
	return func(yield func(Mutation, *Recording) bool) {
		for n := range rec.Interactions {
			with := func(m Mutation, change func(*Interaction)) bool {
				mutant := *rec
				mutant.Interactions = slices.Clone(rec.Interactions)
				i := &mutant.Interactions[n]
				change(i)
				i.Response.Chunks = nil
				m.ID, m.From, m.To = i.ID, brief(m.From, 0), brief(m.To, 0)
				return yield(m, &mutant)
			}
			if !mutate(&rec.Interactions[n], with) {
				return
			}
		}
	}
}

// mutate gives each mutation of an interaction to with, until that says false.
func mutate(i *Interaction, with func(Mutation, func(*Interaction)) bool) bool {
	if i.Outcome != Complete || i.hollow() {
		return true
	}
	if i.Effect != nil {
		return mutateText(i.Effect.Output, "call output", with, func(i *Interaction, s string) {
			e := *i.Effect
			e.Output = s
			i.Effect = &e
		})
	}
	if !with(Mutation{Where: "request method", From: i.Request.Method, To: "PATCH"}, func(i *Interaction) { i.Request.Method = "PATCH" }) ||
		!with(Mutation{Where: "request URL", From: i.Request.URL, To: i.Request.URL + "/x"}, func(i *Interaction) { i.Request.URL += "/x" }) ||
		!with(Mutation{Where: "response code", From: strconv.Itoa(i.Response.Code), To: "500"}, func(i *Interaction) { i.Response.Code, i.Response.Status = 500, "" }) {
		return false
	}
	if !mutateText(i.Request.Body, "request body", with, func(i *Interaction, s string) { i.Request.Body = s }) {
		return false
	}
	set := func(i *Interaction, s string) { i.Response.Body = s }
	if isEvents(i.Response.Body) {
		return mutateEvents(i.Response.Body, with, set)
	}
	return mutateText(i.Response.Body, "response body", with, set)
}

// mutateText changes each value of a JSON text, or other text as a whole.
func mutateText(body, where string, with func(Mutation, func(*Interaction)) bool, set func(*Interaction, string)) bool {
	var v any
	if _, ok := canonical(nil, body); !ok || !decode(body, &v) {
		if body == "" {
			return true
		}
		return with(Mutation{Where: where, From: body, To: body + "x"}, func(i *Interaction) { set(i, body+"x") })
	}
	root := v
	return eachValue("", v, func(v any) { root = v }, func(path string, from, to any) bool {
		changed := text(root)
		return with(Mutation{Where: where, Path: path, From: text(from), To: text(to)}, func(i *Interaction) { set(i, changed) })
	})
}

// mutateEvents changes each value of each event of a stream, and leaves each
// event out.
func mutateEvents(body string, with func(Mutation, func(*Interaction)) bool, set func(*Interaction, string)) bool {
	at := 0
	for n, event := range Events(body, nil) {
		before, this, after := body[:at], body[at:at+event.Size], body[at+event.Size:]
		at += event.Size
		where := fmt.Sprintf("response body, event %d", n)
		if strings.TrimSpace(this) == "" {
			continue
		}
		if !with(Mutation{Where: where, From: this, To: "left out"}, func(i *Interaction) { set(i, before+after) }) {
			return false
		}
		head, data, ok := strings.Cut(this, "data:")
		data, tail, _ := strings.Cut(data, "\n")
		if !ok || strings.Contains(tail, "data:") {
			continue
		}
		if _, isJSON := canonical(nil, data); !isJSON {
			continue
		}
		if !mutateText(data, where, with, func(i *Interaction, s string) {
			set(i, before+head+"data: "+s+"\n"+tail+after)
		}) {
			return false
		}
	}
	return true
}

// eachValue calls f for each value within v that is no object or array, while
// it is changed in place by way of set, until f says false.
func eachValue(path string, v any, set func(any), f func(path string, from, to any) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !eachValue(memberPath(path, key), v[key], func(value any) { v[key] = value }, f) {
				return false
			}
		}
		return true
	case []any:
		for n := range v {
			if !eachValue(fmt.Sprintf("%s[%d]", path, n), v[n], func(value any) { v[n] = value }, f) {
				return false
			}
		}
		return true
	}
	to := other(v)
	set(to)
	defer set(v)
	return f(path, v, to)
}

// other returns another value of the same type.
func other(v any) any {
	switch v := v.(type) {
	case string:
		return v + "~"
	case bool:
		return !v
	case json.Number:
		if strings.Trim(string(v), "1") == "" {
			return json.Number("2")
		}
		return json.Number("1")
	}
	return true // null
}
