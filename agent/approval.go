package agent

import (
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
	// and arguments.
	Secret []byte
}

// AskFor asks for all calls of the tools.
func AskFor(names ...string) func(reprise.ToolCall) bool {
	return func(c reprise.ToolCall) bool { return slices.Contains(names, c.Name) }
}

// AskArgs asks for the calls of a tool whose arguments say so, and for those
// whose arguments are not of the type In.
func AskArgs[In any](name string, ask func(In) bool) func(reprise.ToolCall) bool {
	return func(c reprise.ToolCall) bool {
		var in In
		return c.Name == name && (json.Unmarshal([]byte(c.Args), &in) != nil || ask(in))
	}
}

// A Pending is a call that waits for a decision.
type Pending struct {
	Call  reprise.ToolCall `json:"call"`
	Token string           `json:"token,omitempty"` // signs the call; empty: there is no Secret
}

// A Decision on a call that is [Pending]. It must have the call's id, name and
// arguments, and the token.
type Decision struct {
	Call   reprise.ToolCall `json:"call"`
	Token  string           `json:"token,omitempty"`
	Allow  bool             `json:"allow"`
	Reason string           `json:"reason,omitempty"` // for the model, where the call is denied
}

// Allow lets the call run.
func (p Pending) Allow() Decision { return Decision{Call: p.Call, Token: p.Token, Allow: true} }

// Deny does not let the call run. The model is told the reason.
func (p Pending) Deny(reason string) Decision {
	return Decision{Call: p.Call, Token: p.Token, Reason: reason}
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

// mustAsk reports whether the call needs a decision.
func (r *run) mustAsk(c reprise.ToolCall, t offered) bool {
	return t.policy.Ask != nil && t.policy.Ask(c) || r.top.Approval.Ask != nil && r.top.Approval.Ask(c)
}

// wait puts the call aside.
func (r *run) wait(b *batch, c reprise.ToolCall) error {
	token, err := r.token(c)
	if err != nil && b.fatal == nil {
		b.fatal = err
		b.cancel()
	}
	r.res.Pending = append(r.res.Pending, Pending{Call: c, Token: token})
	return nil
}

// decide takes the decisions, if each is on a call that waits.
func (r *run) decide(decisions []Decision) error {
	if len(decisions) == 0 {
		return nil
	}
	next, err := NextOf(r.res.History)
	if err != nil {
		return err
	}
	r.decisions = make(map[string]Decision, len(decisions))
	for _, d := range decisions {
		at := slices.IndexFunc(next.Calls, func(c reprise.ToolCall) bool { return c.ID == d.Call.ID })
		if at < 0 {
			return invalid("a decision on the call %q, which does not wait for one", d.Call.ID)
		}
		c := next.Calls[at]
		if _, twice := r.decisions[c.ID]; twice {
			return invalid("two decisions on the call %q", c.ID)
		}
		if c.Name != d.Call.Name || c.Args != d.Call.Args {
			return invalid("the decision on the call %q is of other arguments or of another tool", c.ID)
		}
		token, err := r.token(c)
		if err != nil {
			return err
		}
		if !hmac.Equal([]byte(token), []byte(d.Token)) {
			return invalid("the token of the decision on the call %q is not of this call in this conversation", c.ID)
		}
		r.decisions[c.ID] = d
	}
	return nil
}

// token signs a call of the history's last answer: its id, name and
// arguments, and the conversation up to the answer.
func (r *run) token(c reprise.ToolCall) (string, error) {
	if len(r.top.Approval.Secret) == 0 {
		return "", nil
	}
	end := len(r.res.History)
	for r.res.History[end-1].Role == reprise.RoleTool {
		end--
	}
	said, err := json.Marshal(r.res.History[:end])
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, r.top.Approval.Secret)
	for _, s := range [][]byte{[]byte("reprise approval 1"), []byte(c.ID), []byte(c.Name), []byte(c.Args), said} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		mac.Write(n[:])
		mac.Write(s)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}
