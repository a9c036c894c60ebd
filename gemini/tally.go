package gemini

import "github.com/repriselabs/reprise"

// tally counts the parts of an answer as they are read. The ids of calls that
// have none are made of it.
type tally struct {
	parts int
	open  byte // what a stream may go on with: 't' a text, 'r' reasoning
}

// add counts a part, unless it goes on with the one before it, as texts of a
// stream do that are not signed.
func (t *tally) add(p reprise.Part, join bool) {
	var open byte
	switch p := p.(type) {
	case reprise.Text:
		if p.Echo == nil {
			open = 't'
		}
	case reprise.Reasoning:
		if p.Echo == nil {
			open = 'r'
		}
	}
	if !join || open == 0 || open != t.open {
		t.parts++
	}
	t.open = open
}
