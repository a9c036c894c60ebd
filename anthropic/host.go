package anthropic

import (
	"net/url"
	"strings"
)

// An Op is an operation of the API.
type Op string

// The operations.
const (
	OpMessages    Op = "messages"       // an answer, streamed
	OpCountTokens Op = "token counting" // https://docs.anthropic.com/en/api/messages-count-tokens
	OpModels      Op = "a model list"   // https://docs.anthropic.com/en/api/models-list
)

// path is the operation's below Anthropic's own address.
func (op Op) path() string {
	switch op {
	case OpMessages:
		return "/messages"
	case OpCountTokens:
		return "/messages/count_tokens"
	case OpModels:
		return "/models"
	}
	return ""
}

// A Host is a cloud that serves the API in a way of its own. The packages
// anthropic/bedrock and anthropic/vertex make them; a Model.Key is sent as a
// bearer token.
type Host struct {
	Provider string // in events and errors
	Version  string // anthropic_version, which is in the body; the model is in the path instead
	NoKey    string // the error where there are no credentials at all

	BaseURL func(Op) string                  // what comes before Path
	Path    func(op Op, model string) string // with its slash in front; "": the host does not offer op

	NoStream   bool                         // the path says that the answer is streamed, not the body
	Sparse     bool                         // what is the default anyway is not said: older models there refuse what they do not know
	BodyBetas  bool                         // betas are in the body, as anthropic_beta
	CountModel bool                         // the body of OpCountTokens has the model after all
	WrapCount  func(messages []byte) []byte // makes the body of OpCountTokens; nil: as it is
}

func (m *Model) bodyBetas() bool { return m.Host != nil && m.Host.BodyBetas }

// ModelOf finds the model that a recorded request's address names, as those
// of Bedrock and Vertex do; it is empty where the body has it.
func ModelOf(u *url.URL) string {
	path := u.EscapedPath()
	name := ""
	if _, rest, ok := strings.Cut(path, "/publishers/anthropic/models/"); ok {
		name, _, _ = strings.Cut(rest, ":")
		if name == "count-tokens" {
			return ""
		}
	} else if _, rest, ok := strings.Cut(path, "/model/"); ok { // an ARN has slashes, which not everyone escapes
		name = rest[:max(0, strings.LastIndexByte(rest, '/'))]
	}
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}
