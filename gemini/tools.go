package gemini

import (
	"encoding/json"
	"fmt"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// tools writes the tools and toolConfig: all functions in one entry, and an
// entry for each tool of the provider's own.
// https://ai.google.dev/api/caching#Tool
func (e *encoder) tools(req *reprise.Request) error {
	var functions, own []reprise.ToolSpec
	strict := false
	for _, t := range req.Tools {
		switch {
		case t.Provider == "":
			functions = append(functions, t)
			strict = strict || t.Strict
		case !e.own(t.Provider):
			e.dropped("tool %s: it is %s's own", t.Name, t.Provider)
		case !isObject(t.Config):
			return fmt.Errorf("the config of tool %q is not a JSON object", t.Name)
		default:
			own = append(own, t)
		}
	}
	if len(functions)+len(own) == 0 {
		return nil
	}
	e.Key("tools")
	e.Open('[')
	if len(functions) > 0 {
		e.Open('{')
		e.Key("functionDeclarations")
		e.Open('[')
		for _, t := range functions {
			if err := e.function(t); err != nil {
				return err
			}
		}
		e.Close(']')
		e.Close('}')
	}
	for _, t := range own {
		e.Raw(t.Config)
	}
	e.Close(']')
	if req.SerialTools {
		e.dropped("serial tools: the API cannot limit the calls of an answer")
	}
	return e.choice(req.Choice, len(functions) > 0, strict)
}

// function writes a functionDeclaration.
// https://ai.google.dev/api/caching#FunctionDeclaration
func (e *encoder) function(t reprise.ToolSpec) error {
	if len(t.Schema) > 0 && !wire.Valid(t.Schema) {
		return fmt.Errorf("the schema of tool %q is not JSON", t.Name)
	}
	e.Open('{')
	e.Field("name", t.Name)
	if t.Description != "" {
		e.Field("description", t.Description)
	}
	if len(t.Schema) > 0 {
		e.Key("parametersJsonSchema")
		e.Raw(t.Schema)
	}
	e.Close('}')
	return nil
}

// choice writes functionCallingConfig, which is always said where there are
// functions. VALIDATED holds the model to the schemas.
// https://ai.google.dev/api/caching#FunctionCallingConfig
func (e *encoder) choice(c reprise.ToolChoice, functions, strict bool) error {
	if !functions {
		if c.Name != "" || c.Mode == reprise.ToolRequired {
			e.dropped("the tool choice: it can demand only functions")
		}
		return nil
	}
	mode := "AUTO"
	switch {
	case c.Name != "" || c.Mode == reprise.ToolRequired:
		mode = "ANY"
	case c.Mode == reprise.ToolNone:
		mode = "NONE"
	case c.Mode != "" && c.Mode != reprise.ToolAuto:
		return fmt.Errorf("unknown tool mode %q", c.Mode)
	case strict:
		mode = "VALIDATED"
	}
	e.Key("toolConfig")
	e.Open('{')
	e.Key("functionCallingConfig")
	e.Open('{')
	e.Field("mode", mode)
	if c.Name != "" {
		e.strings("allowedFunctionNames", []string{c.Name})
	}
	e.Close('}')
	e.Close('}')
	return nil
}

// GoogleSearch lets the model search the web, and cite what it found.
// https://ai.google.dev/gemini-api/docs/google-search
func GoogleSearch() reprise.ToolSpec { return ownTool("googleSearch", struct{}{}) }

// URLContext lets the model read the pages whose addresses are in the prompt.
// https://ai.google.dev/gemini-api/docs/url-context
func URLContext() reprise.ToolSpec { return ownTool("urlContext", struct{}{}) }

// CodeExecution lets the model write Python and run it at the provider's. The
// code and what it printed are parts of the answer, as [reprise.Opaque].
// https://ai.google.dev/gemini-api/docs/code-execution
func CodeExecution() reprise.ToolSpec { return ownTool("codeExecution", struct{}{}) }

// GoogleMaps lets the model look up places.
// https://ai.google.dev/gemini-api/docs/maps-grounding
func GoogleMaps() reprise.ToolSpec { return ownTool("googleMaps", struct{}{}) }

// FileSearch lets the model search in stores of documents, such as
// fileSearchStores/my-store.
// https://ai.google.dev/gemini-api/docs/file-search
func FileSearch(stores ...string) reprise.ToolSpec {
	return ownTool("fileSearch", map[string]any{"fileSearchStoreNames": stores})
}

// ComputerUse lets the model ask for clicks, keys and screenshots in an
// environment such as ENVIRONMENT_BROWSER. What it asks for comes as calls of
// functions that are not declared; the excluded ones are left out.
// https://ai.google.dev/gemini-api/docs/computer-use
func ComputerUse(environment string, excluded ...string) reprise.ToolSpec {
	config := map[string]any{"environment": environment}
	if len(excluded) > 0 {
		config["excludedPredefinedFunctions"] = excluded
	}
	return ownTool("computerUse", config)
}

// ownTool is a tool that the provider runs itself, by the name of its field
// in a tool of the API. A tool that has no function here is such a ToolSpec
// too.
func ownTool(name string, config any) reprise.ToolSpec {
	raw, _ := json.Marshal(map[string]any{name: config}) // of strings
	return reprise.ToolSpec{Name: name, Provider: API, Config: raw}
}
