package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/repriselabs/reprise"
)

// sessionVersion is the one that is written, and the last that is read.
const sessionVersion = 1

// A Session is a conversation over several runs, to be stored as JSON
// between them. Its zero value is one that has not begun.
type Session struct {
	History []reprise.Message `json:"history"`
	// Pending are the calls that wait for decisions, which are Resume's
	// arguments.
	Pending []Pending     `json:"pending,omitempty"`
	Usage   reprise.Usage `json:"usage"` // of all runs
	// Cost is that of all runs; nil: it is not known for all of them.
	Cost  *reprise.USD `json:"cost"`
	Turns int          `json:"turns"` // of all runs
}

// Add takes what came of a run that went on from the session, also of one
// that failed: its error's Result.
func (s *Session) Add(res *Result) {
	switch {
	case s.Turns == 0 && s.Usage == (reprise.Usage{}):
		s.Cost = res.Cost
	case res.Turns == 0 && res.Usage == (reprise.Usage{}):
	case s.Cost == nil || res.Cost == nil:
		s.Cost = nil
	default:
		sum := *s.Cost + *res.Cost
		s.Cost = &sum
	}
	s.History, s.Pending = res.History, res.Pending
	s.Usage = s.Usage.Add(res.Usage)
	s.Turns += res.Turns
}

// Resume is Run for a session, with decisions on calls that are pending. It
// is an error if one is not on such a call, or is of other arguments; nothing
// runs then. Without a decision a call stays pending. The session is not
// changed: see [Session.Add].
func (a *Agent) Resume(ctx context.Context, s *Session, decisions ...Decision) iter.Seq2[Event, error] {
	return a.run(ctx, s.start(decisions))
}

func (s *Session) start(decisions []Decision) start {
	return start{history: s.History, pending: s.Pending, decisions: decisions}
}

// MarshalJSON adds "version".
func (s Session) MarshalJSON() ([]byte, error) {
	type plain Session
	if s.History == nil {
		s.History = []reprise.Message{}
	}
	return encode(struct {
		Version int `json:"version"`
		plain
	}{sessionVersion, plain(s)})
}

// UnmarshalJSON reads a session as it was stored. It refuses one of a later
// version. See [LoadSession] for one of a program that did not come to its
// end.
func (s *Session) UnmarshalJSON(b []byte) error {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return err
	}
	switch {
	case head.Version == 0:
		return errors.New("the session has no version")
	case head.Version < 0 || head.Version > sessionVersion:
		return fmt.Errorf("the session has version %d; this program reads versions up to %d", head.Version, sessionVersion)
	}
	type plain Session
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*s = Session(p)
	return nil
}

// LoadSession reads a session and repairs its history: see [Repair]. Calls
// that are pending stay so. Where tools run through a journal, their results
// are not lost: read the session with json.Unmarshal and run it.
func LoadSession(b []byte) (*Session, error) {
	s := new(Session)
	if err := json.Unmarshal(b, s); err != nil {
		return nil, err
	}
	s.History = Repair(s.History, s.Pending)
	return s, nil
}
