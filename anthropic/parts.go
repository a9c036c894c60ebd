package anthropic

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// hasText reports whether there is text that is not only white space. The API
// takes white space only beside it, and never empty text.
func hasText(parts reprise.Parts) bool {
	for _, p := range parts {
		if t, ok := p.(reprise.Text); ok && !blank(t.Text) {
			return true
		}
	}
	return false
}

// textIn writes a text in a message of the role; keep is what hasText says
// of that message.
func (e *encoder) textIn(role reprise.Role, t reprise.Text, keep bool) error {
	if t.Text == "" || !keep {
		return nil
	}
	e.enter(role)
	return e.text(t)
}

func (e *encoder) text(t reprise.Text) error {
	e.Open('{')
	e.Field("type", "text")
	e.Field("text", t.Text)
	e.citations(t.Citations)
	if err := e.echo(t.Echo, "a text", "type", "text", "citations"); err != nil {
		return err
	}
	e.closeBlock(!blank(t.Text))
	return nil
}

// citations writes those of this API. Others have no place in it.
func (e *encoder) citations(list []reprise.Citation) {
	begun := false
	for _, c := range list {
		if !ownCitation(c) {
			e.dropped("a citation of %q: it is not one of this API", c.URL)
			continue
		}
		if !begun {
			e.Key("citations")
			e.Open('[')
			begun = true
		}
		e.Raw(c.Raw)
	}
	if begun {
		e.Close(']')
	}
}

// echo writes the members that the API gave with a part, but those that are
// written otherwise.
func (e *encoder) echo(echo *reprise.Echo, what string, but ...string) error {
	switch {
	case echo == nil:
		return nil
	case echo.Provider != API:
		e.dropped("what %s wants back with %s", echo.Provider, what)
		return nil
	}
	if err := e.members(echo.Data, but...); err != nil {
		return fmt.Errorf("the Echo of %s: %w", what, err)
	}
	return nil
}

// reasoning writes a thinking block, which the API takes only with the
// signature that it gave, or a redacted one.
func (e *encoder) reasoning(r reprise.Reasoning) error {
	switch {
	case r.Echo == nil:
		e.dropped("reasoning without a signature: the API takes only its own")
		return nil
	case r.Echo.Provider != API:
		e.dropped("reasoning of %s: the API takes only its own", r.Echo.Provider)
		return nil
	}
	var block struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(r.Echo.Data, &block); err != nil {
		return fmt.Errorf("the Echo of reasoning: %w", err)
	}
	e.enter(reprise.RoleAssistant)
	if block.Type == "redacted_thinking" { // all of it came from the API
		e.Raw(r.Echo.Data)
		return nil
	}
	e.Open('{')
	e.Field("type", "thinking")
	e.Field("thinking", r.Text)
	if err := e.echo(r.Echo, "reasoning", "type", "thinking"); err != nil {
		return err
	}
	e.closeBlock(false)
	return nil
}

func (e *encoder) call(c reprise.ToolCall) error {
	e.enter(reprise.RoleAssistant)
	e.Open('{')
	e.Field("type", "tool_use")
	e.Field("id", cleanID(c.ID))
	e.Field("name", c.Name)
	e.Key("input")
	input, _ := inputOf(c.Args)
	e.Raw(input)
	if err := e.echo(c.Echo, "a tool call", "type", "id", "name", "input"); err != nil {
		return err
	}
	e.closeBlock(true)
	return nil
}

// cleanID makes an id that the API takes of one from another provider.
func cleanID(id string) string {
	clean := []byte(id)
	changed := id == ""
	for i, c := range clean {
		if !isNameByte(c) {
			clean[i], changed = '_', true
		}
	}
	if !changed {
		return id
	}
	h := fnv.New32a()
	h.Write([]byte(id))
	return fmt.Sprintf("%s_%08x", clean, h.Sum32())
}

func (e *encoder) opaqueIn(role reprise.Role, o reprise.Opaque) error {
	if o.Provider == API {
		e.enter(role)
	}
	return e.opaque(o)
}

// opaque writes a block as it came.
func (e *encoder) opaque(o reprise.Opaque) error {
	if o.Provider != API {
		e.dropped("a %s block of %s", o.Kind, o.Provider)
		return nil
	}
	data := []byte(strings.TrimSpace(string(o.Data)))
	if !wire.Valid(data) || data[0] != '{' {
		return fmt.Errorf("the %s block is not a JSON object", o.Kind)
	}
	e.rawBlock(data, cacheable(o.Kind))
	return nil
}

// cacheable reports whether blocks of a kind take a cache_control.
func cacheable(kind string) bool {
	switch kind {
	case "server_tool_use", "mcp_tool_use", "search_result", "container_upload", "compaction":
		return true
	}
	return strings.HasSuffix(kind, "_tool_result")
}
