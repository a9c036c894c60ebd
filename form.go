package reprise

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// form is how a value is asked for on the wire, and read back.
type form struct {
	mode    OutputMode
	schema  Schema // as it is sent
	wrapped bool   // the value is the member "value" of an object
	isList  bool   // it is a list, wrapped, and of a Go slice
	check   *jsonschema.Resolved
	element *jsonschema.Resolved // for an element of a list; nil: anything goes
}

// form makes the form for a request.
func (o *Object[T]) form(req *Request) (*form, error) {
	if o.Tries < 0 {
		return nil, misset("Object.Tries is %d", o.Tries)
	}
	f := &form{mode: o.Mode}
	if f.mode == "" {
		f.mode = OutputSchema
		if m, ok := As[OutputModer](o.Model); ok {
			f.mode = m.OutputMode(req)
		}
	}
	switch f.mode {
	case OutputSchema, OutputTool, OutputText:
	default:
		return nil, misset("Object.Mode: there is no mode %q", f.mode)
	}
	if req.Output != nil {
		f.schema = *req.Output
	}
	if f.schema.Name == "" {
		f.schema.Name = "output"
	}
	t := reflect.TypeFor[T]()
	if err := f.describe(t); err != nil {
		return nil, misset("the output schema of %v: %w", t, err)
	}
	return f, nil
}

// describe makes the schema, of t or of what the request brings.
func (f *form) describe(t reflect.Type) error {
	own := len(f.schema.JSON) == 0
	var s *jsonschema.Schema
	var err error
	if own {
		s, err = schemaFor(t)
	} else {
		s = new(jsonschema.Schema)
		err = json.Unmarshal(f.schema.JSON, s)
	}
	if err != nil {
		return err
	}
	if f.wrapped = s.Type != "object"; f.wrapped {
		if s, err = f.wrap(t, s); err != nil {
			return err
		}
	}
	if f.check, err = s.CloneSchemas().Resolve(nil); err != nil {
		return err
	}
	switch {
	case own:
		f.schema.Strict = f.schema.Strict || strictable(s)
		f.schema.JSON, err = json.Marshal(closeObjects(s))
	case f.wrapped:
		s.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
		f.schema.JSON, err = json.Marshal(s)
	}
	return err
}

// wrap makes the schema of a value that of an object that holds it.
func (f *form) wrap(t reflect.Type, s *jsonschema.Schema) (*jsonschema.Schema, error) {
	defs := s.Defs
	s.Defs = nil
	if f.isList = s.Type == "array" && t.Kind() == reflect.Slice; f.isList && s.Items != nil {
		items := *s.Items
		items.Defs = defs
		var err error
		if f.element, err = items.CloneSchemas().Resolve(nil); err != nil {
			return nil, err
		}
	}
	return &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{"value": s}, Required: []string{"value"}, Defs: defs}, nil
}

// checkElement checks an element of a list.
func (f *form) checkElement(raw json.RawMessage) error {
	if f.element == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	return f.element.Validate(v)
}

// strictable reports whether providers that hold a model to a schema take s,
// which schemaFor made: they want each property required and each value
// described, and not all of them know references.
func strictable(s *jsonschema.Schema) bool {
	if s.ContentEncoding != "" || s.Type == "" && s.Types == nil && s.AnyOf == nil { // anything, or a reference
		return false
	}
	if s.AdditionalProperties != nil || len(s.Required) != len(s.Properties) {
		return false
	}
	for c := range subschemas(s) {
		if !strictable(c) {
			return false
		}
	}
	return true
}

// request is the request as it is sent.
func (f *form) request(req *Request) (*Request, error) {
	own := *req
	own.Output = nil
	switch f.mode {
	case OutputTool:
		for _, t := range req.Tools {
			if t.Name == f.schema.Name {
				return nil, misset("there is a tool of the name of the output, %q: set Request.Output.Name", t.Name)
			}
		}
		own.Tools = append(slices.Clip(req.Tools), ToolSpec{
			Name: f.schema.Name, Description: or(f.schema.Description, "Give the answer"), Schema: f.schema.JSON, Strict: f.schema.Strict,
		})
		own.Choice, own.SerialTools = ToolChoice{Name: f.schema.Name}, true
	case OutputText:
		text := "Answer"
		if len(req.Tools) > 0 {
			text = "Call tools as you need them. When you are done with them, answer"
		}
		text += " with one JSON object and nothing else: no code fence, no words before or after it. It must be valid by this JSON Schema:\n" + string(f.schema.JSON)
		if f.schema.Description != "" {
			text += "\nIt is: " + f.schema.Description
		}
		own.System = append(slices.Clip(req.System), Text{Text: text})
	default:
		own.Output = &f.schema
	}
	return &own, nil
}

// read decodes the value that an answer holds into v.
func (f *form) read(resp *Response, v any) *OutputError {
	text, call, err := f.answer(resp)
	final := err != nil
	if err == nil {
		err = f.decode(text, v)
	}
	if err == nil {
		return nil
	}
	bad := &OutputError{Text: text, Reason: resp.Reason, Usage: resp.Usage, Tries: 1}
	bad.Err = &Error{Kind: KindBadResponse, Err: fmt.Errorf("the answer is not what was asked for: %w", err)}
	if !final {
		bad.Reply = f.reply(resp, call, err)
	}
	return bad
}

// answer finds the JSON in an answer. With an error there is no use in asking
// again.
func (f *form) answer(resp *Response) (text string, call *ToolCall, err error) {
	text = resp.Text()
	for _, c := range resp.Calls() {
		if f.mode == OutputTool && c.Name == f.schema.Name {
			text, call = c.Args, &c
			break
		}
	}
	switch resp.Reason {
	case ReasonLength:
		return text, call, errors.New("it was cut off at a token limit")
	case ReasonRefusal:
		return refusal(resp), call, errors.New("the model refused")
	case ReasonContentFilter:
		return text, call, errors.New("the provider filtered it")
	case ReasonPause:
		return text, call, errors.New("the provider paused it")
	}
	if call == nil && len(resp.Calls()) > 0 {
		return text, nil, fmt.Errorf("it calls the tool %s", resp.Calls()[0].Name)
	}
	return text, call, nil
}

func refusal(resp *Response) string {
	var b strings.Builder
	for _, t := range partsOf[Text](resp.Message.Parts) {
		b.WriteString(t.Text)
	}
	return b.String()
}

// reply tells the model what is wrong with its answer.
func (f *form) reply(resp *Response, call *ToolCall, err error) *Message {
	text := fmt.Sprintf("That is not valid: %v. Give the whole answer again, put right.", err)
	if call == nil {
		m := User(text)
		return &m
	}
	m := Message{Role: RoleTool}
	for _, c := range resp.Calls() { // each wants a result
		m.Parts = append(m.Parts, ToolResult{ID: c.ID, Name: c.Name, Parts: Parts{Text{Text: text}}, IsError: true})
	}
	return &m
}

// decode checks the JSON and decodes the value in it.
func (f *form) decode(text string, v any) error {
	raw, err := findObject(text)
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return err
	}
	if err := f.check.Validate(plain); err != nil {
		return err
	}
	if f.wrapped {
		var in struct {
			Value json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal(raw, &in); err != nil {
			return err
		}
		raw = in.Value
	}
	return decodeValid(raw, v)
}

// findObject finds the one JSON object in a text.
func findObject(text string) (json.RawMessage, error) {
	i := strings.IndexByte(text, '{')
	if i < 0 {
		return nil, fmt.Errorf("want a JSON object, got %.40q", text)
	}
	dec := json.NewDecoder(strings.NewReader(text[i:]))
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = errors.New("it ends in the middle")
		}
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if bytes.IndexByte([]byte(text[i+int(dec.InputOffset()):]), '{') >= 0 {
		return nil, errors.New("more than one JSON object")
	}
	return raw, nil
}
