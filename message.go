package reprise

// Role is who speaks in a [Message].
type Role string

// The roles. A system message may also stand between others; what is said
// before the conversation belongs in [Request].System.
const (
	RoleSystem    Role = "system"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool" // holds one ToolResult for each call of the assistant message before it
)

// A Message is one turn of a conversation.
type Message struct {
	Role  Role  `json:"role"`
	Parts Parts `json:"parts"`
	// Paused marks an answer that the provider broke off ([ReasonPause]) and
	// will go on with when it is sent back as it is.
	Paused bool `json:"paused,omitempty"`
}

// Ask starts a conversation: a history of one user message, of the text (if
// it is not empty) and any further parts.
func Ask(text string, more ...Part) []Message {
	return []Message{User(text, more...)}
}

// User is a user message of the text (if it is not empty) and any further parts.
func User(text string, more ...Part) Message {
	parts := make(Parts, 0, 1+len(more))
	if text != "" {
		parts = append(parts, Text{Text: text})
	}
	return Message{Role: RoleUser, Parts: append(parts, more...)}
}

// Text joins the texts of the message. A refusal is not among them.
func (m Message) Text() string { return m.Parts.Text() }

// Calls returns the message's tool calls in their order.
func (m Message) Calls() []ToolCall { return partsOf[ToolCall](m.Parts) }

// Results returns the message's tool results in their order.
func (m Message) Results() []ToolResult { return partsOf[ToolResult](m.Parts) }

func partsOf[P Part](parts Parts) []P {
	var out []P
	for i, p := range parts {
		if p, ok := p.(P); ok {
			if out == nil {
				out = make([]P, 0, len(parts)-i)
			}
			out = append(out, p)
		}
	}
	return out
}
