package openaichat

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// call is one element of tool_calls.
type call struct {
	number    int64
	hasNumber bool
	id, name  string
	args      []byte
	custom    bool                       // args are text, not JSON
	rest      map[string]json.RawMessage // what else it has
}

func (s *stream) readCall() {
	s.nextCall = call{args: s.nextCall.args[:0]}
	c := &s.nextCall
	for more := s.Open('{'); more; more = s.Next('}') {
		switch key := s.Key(); string(key) {
		case "index":
			c.hasNumber = s.Peek() != 'n'
			c.number = s.Int()
		case "id":
			if s.Peek() == '"' {
				c.id = s.String()
			} else if raw := s.Raw(); string(raw) != "null" {
				c.id = string(raw) // TGI: a number
			}
		case "function":
			s.readFunction()
		case "custom":
			c.custom = s.Peek() == '{'
			s.readFunction()
		case "type":
			s.Skip()
		default:
			s.readCallMember(string(key))
		}
	}
	switch {
	case s.Err() != nil:
	case c.id == "" && c.name == "" && len(c.args) == 0 && c.rest == nil:
		s.mold.spoil() // it says nothing, but is nextCall now
	default:
		s.addCall()
	}
}

// readCallMember keeps what must go back with a call, such as Google's
// thought signatures in extra_content.
func (s *stream) readCallMember(name string) {
	s.mold.spoil()
	if raw := s.valid("a member of a call"); raw != nil {
		if s.nextCall.rest == nil {
			s.nextCall.rest = map[string]json.RawMessage{}
		}
		s.nextCall.rest[name] = raw
	}
}

func (s *stream) readFunction() {
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "name":
			s.nextCall.name = s.String()
		case "arguments", "input":
			if c := s.Peek(); c != '"' && c != 'n' { // some servers do not wrap them in a string
				s.nextCall.args = append(s.nextCall.args, s.Raw()...)
				s.mold.spoil()
				continue
			}
			from := s.Pos()
			s.nextCall.args = s.Append(s.nextCall.args)
			s.mold.note(from, s.Pos(), nil, false)
		default:
			s.Skip()
		}
	}
}

// addCall adds nextCall to the call that it goes on, or begins one.
func (s *stream) addCall() {
	s.mold.adds++
	c := &s.nextCall
	d := s.callFor(c)
	if d == nil {
		d = s.begin()
		d.isCall, d.isOutput, d.isCustom, d.number = true, s.output != "" && c.name == s.output, c.custom, c.number
		if !c.hasNumber {
			d.number = -1
		}
	}
	s.lastCall = d
	if d.id == "" {
		d.id = c.id
	}
	if d.name == "" {
		d.name = c.name
	}
	if d.rest == nil {
		d.rest = c.rest
	}
	if (d.started || d.isOutput) && len(c.args) == 0 {
		return
	}
	d.started = true
	from := d.b.Len()
	if d.isCustom && len(c.args) > 0 {
		d.addInput(c.args)
	} else {
		d.b.Write(c.args)
	}
	if d.isOutput {
		s.Emit(reprise.TextDelta{Part: d.index, Text: d.b.String()[from:]})
		return
	}
	s.Emit(reprise.ArgsDelta{Part: d.index, ID: s.callID(d), Name: d.name, Args: d.b.String()[from:]})
}

// The arguments of a custom tool are text. As those of a call they are
// {"input": TEXT}.
const beforeInput, behindInput = `{"input":"`, `"}`

func (d *draft) addInput(text []byte) {
	if d.b.Len() == 0 {
		d.b.WriteString(beforeInput)
	}
	quoted := wire.AppendString(nil, string(text))
	d.b.Write(quoted[1 : len(quoted)-1])
}

// closeArgs ends the arguments of a custom tool.
func (s *stream) closeArgs(d *draft) {
	if !d.isCustom {
		return
	}
	from := d.b.Len()
	if from == 0 {
		d.b.WriteString(beforeInput)
	}
	d.b.WriteString(behindInput)
	s.Emit(reprise.ArgsDelta{Part: d.index, ID: s.callID(d), Name: d.name, Args: d.b.String()[from:]})
}

// callEcho is what goes back with a call beside its id, name and arguments.
func (s *stream) callEcho(d *draft) *reprise.Echo {
	if d.isCustom {
		if d.rest == nil {
			d.rest = map[string]json.RawMessage{}
		}
		d.rest["type"] = json.RawMessage(`"custom"`)
	}
	if d.rest == nil {
		return nil
	}
	data, _ := json.Marshal(d.rest) // of valid JSON
	return &reprise.Echo{Provider: s.Call.Provider, Data: data}
}

// callFor finds the call that c goes on; nil if c begins one. Servers
// number calls badly: the same number for two of them, no number, no id, the
// id or the name in every chunk.
func (s *stream) callFor(c *call) *draft {
	if s.eachCall {
		return nil
	}
	for i := len(s.parts) - 1; i >= 0; i-- {
		d := s.parts[i]
		switch {
		case !d.isCall || c.hasNumber && d.number != c.number:
			continue
		case c.id != "" && d.id == c.id:
			if !c.hasNumber && c.name != "" && len(c.args) > 0 && whole(d.b.String()) {
				continue // another call under the same id
			}
			return d
		case c.id != "" && d.id != "":
			continue // another call under the same number
		case !c.hasNumber && d != s.lastCall:
			return nil
		case c.name != "" && d.name != "" && d.id == "" && begins(d, c):
			return nil
		}
		return d
	}
	if c.id == "" && c.name == "" {
		return s.lastCall // under a wrong number: what begins a call has one of them
	}
	return nil
}

// begins tells for a call without an id that names its tool whether it is a
// new one, and not the old one with its name again.
func begins(d *draft, c *call) bool {
	return c.name != d.name || d.b.Len() > 0 && whole(d.b.String())
}

// whole reports whether arguments are a complete JSON value.
func whole(args string) bool {
	if !strings.HasSuffix(args, "}") {
		return false // at once: it is asked for each piece
	}
	var d wire.Decoder
	d.Reset([]byte(args))
	d.Skip()
	return d.End() == nil
}

// callID is the call's id: the provider's, or one made from its place, so
// that a replay makes the same.
func (s *stream) callID(d *draft) string {
	if d.id != "" {
		return d.id
	}
	return fmt.Sprintf("call_%d_%d", s.Turn, d.index)
}
