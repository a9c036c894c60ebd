package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// extra is what a request's Extra says of this API and this server.
type extra struct {
	fields map[string]json.RawMessage // but include

	include   []string
	noInclude bool // nothing is to be included

	stored       bool
	previous     string
	conversation bool
}

// readExtra reads the fields that are for this API or this server; those of
// the server win.
func (e *encoder) readExtra(all map[string]json.RawMessage) (extra, error) {
	x := extra{stored: e.model.Stored}
	for _, name := range []string{API, e.dialect.name()} {
		if len(all[name]) == 0 {
			continue
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(all[name], &fields); err != nil {
			return x, fmt.Errorf("extra[%q] is not a JSON object: %w", name, err)
		}
		x.fields = merge(x.fields, fields)
	}
	for _, f := range []struct {
		name string
		into any
	}{
		{"store", &x.stored}, {"previous_response_id", &x.previous}, {"include", &x.include},
	} {
		raw, ok := x.fields[f.name]
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, f.into); err != nil {
			return x, fmt.Errorf("%s in Extra: %w", f.name, err)
		}
		if f.name == "include" {
			x.noInclude = len(x.include) == 0
			delete(x.fields, "include")
		}
	}
	x.conversation = !isNull(x.fields["conversation"])
	return x, nil
}

// merge sets fields in a copy of others; where both have an object, its
// members are merged.
func merge(others, fields map[string]json.RawMessage) map[string]json.RawMessage {
	all := make(map[string]json.RawMessage, len(others)+len(fields))
	for name, v := range others {
		all[name] = v
	}
	for name, v := range fields {
		var a, b map[string]json.RawMessage
		if json.Unmarshal(all[name], &a) == nil && json.Unmarshal(v, &b) == nil && a != nil && b != nil {
			v = object(merge(a, b))
		}
		all[name] = v
	}
	return all
}

func object(fields map[string]json.RawMessage) json.RawMessage {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(fields) // they were read from JSON
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// addTo sets the fields in a body; they win over what is there.
func (x *extra) addTo(body []byte) ([]byte, error) {
	if len(x.fields) == 0 {
		return body, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	return object(merge(fields, x.fields)), nil
}
