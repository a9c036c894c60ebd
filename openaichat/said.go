package openaichat

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"strings"

	"github.com/repriselabs/reprise"
)

// calls writes the calls of an answer.
func (e *encoder) calls(calls []reprise.ToolCall) {
	opened := false
	for _, c := range calls {
		rest := own(e.dialect, c.Echo)
		kind := textOf(rest["type"])
		if kind == legacyCall {
			continue
		}
		if !opened {
			e.Literal(`"tool_calls":[`)
			opened = true
		}
		e.Literal(`{"id":`)
		e.String(e.callID(c.ID))
		text, custom := "", kind == "custom"
		if custom {
			text, custom = customInput(c.Args)
		}
		if custom {
			e.Literal(`"type":"custom","custom":`)
			e.function(c.Name, "input", text)
		} else {
			e.Literal(`"type":"function","function":`)
			e.function(c.Name, "arguments", cmp.Or(c.Args, "{}"))
		}
		e.members(rest, "type", "id", "function", "custom", messageMember)
		e.Close('}')
	}
	if opened {
		e.Close(']')
	}
	for _, c := range calls {
		if textOf(own(e.dialect, c.Echo)["type"]) == legacyCall {
			e.Key(legacyCall)
			e.function(c.Name, "arguments", cmp.Or(c.Args, "{}"))
		}
	}
}

// legacyCall is the member of a message that held a call before there were
// tools, and the type in the Echo of such a one.
const legacyCall = "function_call"

// function writes the name of a tool and what it is called with.
func (e *encoder) function(name, member, with string) {
	e.Literal(`{"name":`)
	e.String(name)
	e.Field(member, with)
	e.Close('}')
}

// customInput is the text that the arguments of a custom tool hold.
func customInput(args string) (text string, ok bool) {
	var in map[string]string
	if json.Unmarshal([]byte(args), &in) != nil || len(in) != 1 {
		return "", false
	}
	text, ok = in["input"]
	return text, ok
}

// callID is an id as the server takes it: one of another server's is made
// into nine letters and digits where they must be so.
func (e *encoder) callID(id string) string {
	const length = 9
	if !e.dialect.ShortIDs || len(id) == length && strings.Trim(id, letters) == "" {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	short := make([]byte, length)
	for i := range short {
		short[i] = letters[int(sum[i])%len(letters)]
	}
	return string(short)
}

const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
