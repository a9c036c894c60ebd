package openai

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// response is an answer as a whole:
// https://platform.openai.com/docs/api-reference/responses/object.
type response struct {
	id, model, status string
	store             bool
	failure           []byte // views
	incomplete        []byte
	output            []byte
	tier              []byte
	usage             reprise.Usage
	counted           bool // the usage is told
	cost              *reprise.USD
}

func (d *Dialect) readResponse(raw []byte) (r response, err error) {
	var dec wire.Decoder
	dec.Reset(raw)
	for more := dec.Open('{'); more; more = dec.Next('}') {
		switch string(dec.Key()) {
		case "id":
			r.id = text(dec.Raw())
		case "model":
			r.model = text(dec.Raw())
		case "status":
			r.status = text(dec.Raw())
		case "store":
			r.store = string(dec.Raw()) == "true"
		case "error":
			r.failure = dec.Raw()
		case "incomplete_details":
			r.incomplete = dec.Raw()
		case "output":
			r.output = dec.Raw()
		case "service_tier":
			r.tier = dec.Raw()
		case "usage":
			d.readUsage(dec.Raw(), &r)
		default:
			dec.Skip()
		}
	}
	return r, dec.End()
}

// began takes what is known of an answer from its beginning.
func (s *stream) began(raw []byte) {
	if raw == nil {
		return
	}
	r, _ := s.dialect.readResponse(raw) // it was read before
	s.identify(&r)
}

func (s *stream) identify(r *response) {
	if r.id != "" {
		s.id = r.id
	}
	if r.model != "" {
		s.model = r.model
	}
	s.stored = s.stored || r.store
}

// ended takes the answer as a whole, and ends the stream. The status is what
// it has if it does not say.
func (s *stream) ended(raw []byte, status string) {
	if raw == nil {
		raw = []byte("{}")
	}
	r, err := s.dialect.readResponse(raw)
	if err != nil {
		s.Bad(fmt.Errorf("the end of the answer: %w", err))
		return
	}
	s.identify(&r)
	if r.status == "" {
		r.status = status
	}
	s.missed(r.output)
	s.flush()
	switch {
	case r.status == "failed" || !isNull(r.failure):
		s.Fail(s.failure(r.failure))
	case r.status == "cancelled":
		s.Cut("was cancelled at the provider")
	case r.status == "queued" || r.status == "in_progress":
		s.Bad(fmt.Errorf("the answer %s is only %s: one that is made in the background must be fetched later", r.id, r.status))
	default:
		s.finish(&r)
	}
}

// failure is the error of an answer that failed.
func (s *stream) failure(raw []byte) *reprise.Error {
	if isNull(raw) {
		return &reprise.Error{Provider: s.Call.Provider, Kind: reprise.KindServer, Err: errors.New("the answer failed, and the provider does not say why")}
	}
	return errorFrom(s.Call, append(append([]byte(`{"error":`), raw...), '}'), 0)
}

// missed takes the items that no event told of.
func (s *stream) missed(output []byte) {
	if output == nil {
		return
	}
	var items [][]byte
	_ = eachElement(output, func(raw []byte) { items = append(items, raw) }) // it was read before
	if len(items) <= s.doneItems {
		return
	}
	for i, raw := range items {
		if it := s.byOutput[int64(i)]; it == nil || !it.done {
			s.done(int64(i), raw)
		}
	}
}

// flush yields the parts that were streamed but whose end was not told.
func (s *stream) flush() {
	for _, it := range s.items {
		for _, d := range it.drafts {
			switch {
			case d.settled || it.done:
			case it.kind == "message":
				s.refused = s.refused || d.refusal
				s.part(d, reprise.Text{Text: d.b.String(), Refusal: d.refusal, Echo: s.echo(echo{})})
			case it.kind == "reasoning" && d.b.Len() > 0:
				s.part(d, reprise.Reasoning{Text: d.b.String()})
			case it.call != nil:
				s.calls = true
				if it.call.wrapped && d.b.Len() > 0 {
					s.addArgs(d, []byte(`"}`))
				}
				var own rest
				if it.kind != "function_call" {
					own.add("type", wire.AppendString(nil, it.kind))
				}
				s.part(d, reprise.ToolCall{ID: s.callID(d.id, d.index), Name: d.name, Args: d.b.String(), Echo: s.echo(echo{Item: own.object()})})
			}
		}
	}
}

func (s *stream) finish(r *response) {
	if !r.counted {
		s.NoUsage()
	}
	f := reprise.Finish{ID: s.id, Model: s.model, Reason: s.reason(r), Usage: r.usage, Cost: r.cost}
	for _, x := range []struct {
		name string
		raw  []byte
	}{{"service_tier", r.tier}, {"incomplete_details", r.incomplete}} {
		if !isNull(x.raw) && wire.Valid(x.raw) {
			if f.Extra == nil {
				f.Extra = map[string]json.RawMessage{}
			}
			f.Extra[x.name] = append(json.RawMessage(nil), x.raw...)
		}
	}
	s.Finish(f)
}

func (s *stream) reason(r *response) reprise.FinishReason {
	if r.status == "incomplete" {
		var details struct {
			Reason string `json:"reason"`
		}
		_ = json.Unmarshal(r.incomplete, &details) // without a reason it is another one
		switch details.Reason {
		case "max_output_tokens":
			return reprise.ReasonLength
		case "content_filter":
			return reprise.ReasonContentFilter
		}
		return reprise.ReasonOther
	}
	switch {
	case s.calls:
		return reprise.ReasonToolCalls
	case s.refused:
		return reprise.ReasonRefusal
	}
	return reprise.ReasonStop
}
