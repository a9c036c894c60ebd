package agent

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/repriselabs/reprise"
)

// An Approval says which calls a person must allow before they run. A run
// that comes to such a call runs the others, and ends with a [Done] whose End
// is [EndApproval] and whose Result lists them as Pending. [Agent.Resume] goes
// on with decisions, also later and in another process. A call without a
// decision does not run.
type Approval struct {
	// Ask reports whether a call must be allowed, beside what the tool's own
	// policy says; nil: no. It must depend on the call alone. See [AskFor]
	// and [AskArgs].
	Ask func(call reprise.ToolCall) bool
	// Secret, if set, signs what is pending, so that a decision counts only
	// for a call that a run with this secret came to, in the same
	// conversation. Empty: a decision counts for the call of its id, name
	// and arguments, and nothing tells that a call of a SubAgent in which
	// others wait was itself allowed: without a decision on one of these it
	// is asked for again.
	Secret []byte
}

// A Pending is a call that waits for a decision.
type Pending struct {
	// Path tells which agent called, as that of a [Nested]; empty: the one
	// whose run it is.
	Path  string           `json:"path,omitempty"`
	Call  reprise.ToolCall `json:"call"`
	Token string           `json:"token,omitempty"` // signs the call; empty: there is no Secret
}

// A Decision on a call that is [Pending]. It must have the call's path, id,
// name and arguments, and the token.
type Decision struct {
	Path   string           `json:"path,omitempty"`
	Call   reprise.ToolCall `json:"call"`
	Token  string           `json:"token,omitempty"`
	Allow  bool             `json:"allow"`
	Reason string           `json:"reason,omitempty"` // for the model, where the call is denied
}

// Allow lets the call run.
func (p Pending) Allow() Decision {
	return Decision{Path: p.Path, Call: p.Call, Token: p.Token, Allow: true}
}

// Deny does not let the call run. The model is told the reason.
func (p Pending) Deny(reason string) Decision {
	return Decision{Path: p.Path, Call: p.Call, Token: p.Token, Reason: reason}
}

// A DeniedError is why a call has no other result: a person did not allow it.
type DeniedError struct {
	Reason string
}

// Error tells the reason.
func (e *DeniedError) Error() string {
	if e.Reason == "" {
		return "not run: the user did not allow it"
	}
	return "not run: the user did not allow it: " + e.Reason
}

// mustAsk reports whether the call needs a decision. One that was asked for
// needs it also where this process would not ask.
func (r *run) mustAsk(c reprise.ToolCall, t offered) bool {
	asks := func(ask func(reprise.ToolCall) bool) bool { return ask != nil && ask(c) }
	return asks(t.policy.Ask) || asks(r.top.Approval.Ask) || r.cur != r.top && asks(r.cur.Approval.Ask) ||
		slices.ContainsFunc(r.pending, func(p Pending) bool { return p.Path == "" && sameCall(p.Call, c) })
}

// decide takes up what waits, and the decisions, if each is on a call that
// waits.
func (r *run) decide(from start) error {
	r.pending = from.pending
	runs, err := waitingIn(r.res.History)
	if err != nil || len(from.decisions) == 0 && len(runs) == 0 {
		return err
	}
	next, err := NextOf(r.res.History)
	if err != nil {
		return err
	}
	for _, w := range runs {
		if !slices.ContainsFunc(next.Calls, func(c reprise.ToolCall) bool { return sameCall(c, w.Call) }) {
			continue // the call has its result
		}
		token, err := r.tokenOf(w)
		if err != nil {
			return err
		}
		if !hmac.Equal([]byte(token), []byte(w.Token)) {
			return invalid("the token of what waits in the call %q is not of this run of %s", w.Call.ID, w.Call.Name)
		}
		r.waiting = append(r.waiting, w)
	}
	r.decisions = make(map[string]Decision, len(from.decisions))
	for i, d := range from.decisions {
		if slices.ContainsFunc(from.decisions[:i], func(o Decision) bool { return o.Path == d.Path && o.Call.ID == d.Call.ID }) {
			return invalid("two decisions on the call %q", d.Call.ID)
		}
		if err := r.check(d); err != nil {
			return err
		}
		if d.Path == "" {
			r.decisions[d.Call.ID] = d
		} else {
			r.below = append(r.below, d)
		}
	}
	return nil
}

// check tells what is wrong with a decision.
func (r *run) check(d Decision) error {
	var next Next
	talks := trail(r.res.History, r.waiting, d.Path)
	if len(talks) > 0 {
		var err error
		if next, err = NextOf(talks[len(talks)-1]); err != nil {
			return err
		}
	}
	at := slices.IndexFunc(next.Calls, func(c reprise.ToolCall) bool { return c.ID == d.Call.ID })
	if at < 0 {
		return invalid("a decision on the call %q, which does not wait for one", d.Call.ID)
	}
	c := next.Calls[at]
	if !sameCall(c, d.Call) {
		return invalid("the decision on the call %q is of other arguments or of another tool", c.ID)
	}
	token, err := r.token(Pending{Path: d.Path, Call: c}, talks)
	if err != nil {
		return err
	}
	if !hmac.Equal([]byte(token), []byte(d.Token)) {
		return invalid("the token of the decision on the call %q is not of this call in this conversation", c.ID)
	}
	return nil
}

func sameCall(a, b reprise.ToolCall) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Args == b.Args
}

// token signs a pending call: its id, name and arguments, the conversations
// that lead to it, each up to its last answer, and its path.
func (r *run) token(p Pending, talks [][]reprise.Message) (string, error) {
	signed := []any{p.Call.ID, p.Call.Name, p.Call.Args}
	for _, history := range talks {
		signed = append(signed, upToAnswer(history))
	}
	if p.Path != "" {
		signed = append(signed, p.Path)
	}
	return r.sign("reprise approval 1", signed...)
}

// tokenOf signs what waits: all of it, and the conversation above.
func (r *run) tokenOf(w waiting) (string, error) {
	w.Token = ""
	return r.sign("reprise waiting 1", w, upToAnswer(r.res.History))
}

// upToAnswer returns the history up to the last answer, without its results.
func upToAnswer(history []reprise.Message) []reprise.Message {
	end := len(history)
	for end > 0 && history[end-1].Role == reprise.RoleTool {
		end--
	}
	return history[:end]
}

// sign signs values, as they are once they were stored as JSON and read again.
// Without a secret, and in a run below, for which the outermost signs, the
// signature is empty.
func (r *run) sign(purpose string, values ...any) (string, error) {
	if !r.signs || r.nested {
		return "", nil
	}
	mac := hmac.New(sha256.New, r.top.Approval.Secret)
	for _, v := range append([]any{purpose}, values...) {
		b, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		b = bytes.ReplaceAll(b, []byte(`\ufffd`), []byte("\ufffd")) // what was no UTF-8
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		mac.Write(n[:])
		mac.Write(b)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}
