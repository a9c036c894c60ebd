package openaichat

import (
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// call is one element of tool_calls.
type call struct {
	number    int64
	hasNumber bool
	id, name  string
	args      []byte
}

func (s *stream) readCall() {
	s.nextCall = call{args: s.nextCall.args[:0]}
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "index":
			s.nextCall.hasNumber = s.Peek() != 'n'
			s.nextCall.number = s.Int()
		case "id":
			s.nextCall.id = s.String()
		case "function":
			s.readFunction()
		default:
			s.Skip()
		}
	}
	if s.Err() == nil {
		s.addCall()
	}
}

func (s *stream) readFunction() {
	for more := s.Open('{'); more; more = s.Next('}') {
		switch string(s.Key()) {
		case "name":
			s.nextCall.name = s.String()
		case "arguments":
			if s.Peek() == '{' { // some servers do not wrap them in a string
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
		d.isCall, d.isOutput, d.number = true, s.output != "" && c.name == s.output, c.number
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
	if (d.started || d.isOutput) && len(c.args) == 0 {
		return
	}
	d.started = true
	from := d.b.Len()
	d.b.Write(c.args)
	if d.isOutput {
		s.Emit(reprise.TextDelta{Part: d.index, Text: d.b.String()[from:]})
		return
	}
	s.Emit(reprise.ArgsDelta{Part: d.index, ID: s.callID(d), Name: d.name, Args: d.b.String()[from:]})
}

// callFor finds the call that c goes on; nil if c begins one. Servers
// number calls badly: the same number for two of them, no number, no id, the
// id or the name in every chunk.
func (s *stream) callFor(c *call) *draft {
	for i := len(s.parts) - 1; i >= 0; i-- {
		d := s.parts[i]
		switch {
		case !d.isCall || c.hasNumber && d.number != c.number:
			continue
		case c.id != "" && d.id == c.id:
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
	return nil
}

// begins tells for a call without an id that names its tool whether it is a
// new one, and not the old one with its name again.
func begins(d *draft, c *call) bool {
	return c.name != d.name || d.b.Len() > 0 && whole(d.b.String())
}

// whole reports whether arguments are a complete JSON value.
func whole(args string) bool {
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
