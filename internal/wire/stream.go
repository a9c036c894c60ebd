package wire

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/sse"
)

// A Stream is what the decoders of all APIs share: it sends the call, reads
// the body event by event, and passes on what is made of it until the
// consumer leaves, or the answer is at its end. A decoder embeds it.
type Stream struct {
	Decoder
	Call    *Call     // for its errors
	Turn    int       // how many answers came before this one
	Event   sse.Event // that was read last
	Stopped bool      // the consumer left, or an error or the Finish was yielded

	yield     func(reprise.Event, error) bool
	events    sse.Reader
	broken    func(error) *reprise.Error // makes one of the body's; nil: the body is a recording's
	requestID string
}

// NewStream returns a stream of the answer to req, which may be nil if it is
// not known.
func NewStream(call *Call, req *reprise.Request, yield func(reprise.Event, error) bool) Stream {
	return Stream{Call: call, Turn: Turn(req), yield: yield}
}

// Turn counts the answers that a request already has; it may be nil.
func Turn(req *reprise.Request) (turn int) {
	if req == nil {
		return 0
	}
	for _, m := range req.Messages {
		if m.Role == reprise.RoleAssistant {
			turn++
		}
	}
	return turn
}

// Ask yields the warnings of a request and sends its call. The caller closes
// the body, which is nil if there is none: the consumer left, or an error was
// yielded.
func (s *Stream) Ask(ctx context.Context, warnings []reprise.Warning) io.ReadCloser {
	for _, w := range warnings {
		s.Emit(w)
	}
	if s.Stopped {
		return nil
	}
	resp, err := s.Call.Do(ctx)
	if err != nil {
		s.Stopped = true
		s.yield(nil, err)
		return nil
	}
	s.broken = func(err error) *reprise.Error { return s.Call.Broken(ctx, err) }
	s.requestID = RequestID(resp.Header)
	return resp.Body
}

// Begin begins to read a body. It returns the first byte of one that came as
// a whole, which is that of JSON or of an HTML page; 0 for events.
func (s *Stream) Begin(body io.Reader) (whole byte) {
	s.events = *sse.NewReader(body)
	switch first, err := s.events.First(); {
	case err != nil:
		s.Lost(err)
	case first == '{' || first == '<' || first == '[':
		return first
	}
	return 0
}

// maxWhole bounds an answer that comes as a whole.
const maxWhole = 256 << 20

// Whole reads a body that came as a whole. It is not ok if that failed.
func (s *Stream) Whole() (data []byte, ok bool) {
	data, err := io.ReadAll(io.LimitReader(s.events.Rest(), maxWhole))
	if err != nil {
		s.Lost(err)
	}
	return data, err == nil
}

// NextEvent reads the next event that has data: some servers keep the
// connection alive with others. It is false at the end of the body, and once
// the stream is stopped.
func (s *Stream) NextEvent() bool {
	for !s.Stopped {
		ev, err := s.events.Next()
		switch {
		case err == nil && len(ev.Data) > 0:
			s.Event = ev
			return true
		case err == nil:
		case err == io.EOF:
			return false
		case errors.Is(err, sse.ErrTooLong):
			s.Bad(err)
		default:
			s.Lost(err)
		}
	}
	return false
}

// Emit yields an event.
func (s *Stream) Emit(ev reprise.Event) {
	if !s.Stopped && !s.yield(ev, nil) {
		s.Stopped = true
	}
}

// Finish yields the end of an answer.
func (s *Stream) Finish(f reprise.Finish) {
	f.Provider = s.Call.Provider
	s.Emit(f)
	s.Stopped = true
}

// Fail yields an error.
func (s *Stream) Fail(e *reprise.Error) {
	if s.Stopped {
		return
	}
	s.Stopped = true
	if e.RequestID == "" {
		e.RequestID = s.requestID
	}
	s.yield(nil, e)
}

// Bad fails for an answer that is not one of the API's.
func (s *Stream) Bad(err error) {
	s.Fail(&reprise.Error{Provider: s.Call.Provider, Kind: reprise.KindBadResponse, Err: err})
}

// Cut fails for an answer that ends too early. How goes on from "the answer".
func (s *Stream) Cut(how string) {
	s.Fail(&reprise.Error{Provider: s.Call.Provider, Kind: reprise.KindCut, Err: errors.New("the answer " + how)})
}

// Lost fails for an error of the body.
func (s *Stream) Lost(err error) {
	if s.broken == nil {
		s.Fail(s.Call.Broken(context.Background(), err))
		return
	}
	s.Fail(s.broken(err))
}

// Odd fails for data that cannot be understood. E is the error that the data
// would be; why may be nil.
func (s *Stream) Odd(e *reprise.Error, why error) {
	e.Kind = reprise.KindBadResponse
	if why != nil {
		e.Err = fmt.Errorf("%w in %w", why, e.Err)
	}
	s.Fail(e)
}

// NoUsage warns that an answer has no usage.
func (s *Stream) NoUsage() {
	s.Emit(reprise.Warning{Provider: s.Call.Provider, Code: reprise.WarnUsage, Message: "the provider did not report the tokens used"})
}
