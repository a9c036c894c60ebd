package openai

import (
	"encoding/json"

	"github.com/repriselabs/reprise"
)

// What the functions here return are the entries of tools that the provider
// has: https://platform.openai.com/docs/guides/tools. An entry with fields
// that have no place here can be written as a [reprise.ToolSpec] by hand.

// provided makes the spec of a tool from its entry.
func provided(name string, entry any) reprise.ToolSpec {
	config, _ := json.Marshal(entry) // of strings, numbers and valid JSON
	return reprise.ToolSpec{Name: name, Provider: API, Config: config}
}

// WebSearchOptions are the settings of [WebSearch]. The zero value is the
// provider's defaults.
type WebSearchOptions struct {
	ContextSize    string    // how much of the results to read: low, medium, high
	AllowedDomains []string  // nil: all
	Location       *Location // where the user is
}

// Location is roughly where a user is.
type Location struct {
	City     string `json:"city,omitempty"`
	Region   string `json:"region,omitempty"`
	Country  string `json:"country,omitempty"`  // two letters
	Timezone string `json:"timezone,omitempty"` // such as Europe/Lisbon
}

// WebSearch lets the model search the web:
// https://platform.openai.com/docs/guides/tools-web-search. What it found is
// in the citations of its text.
func WebSearch(o WebSearchOptions) reprise.ToolSpec {
	type domains struct {
		Allowed []string `json:"allowed_domains"`
	}
	type location struct {
		Type string `json:"type"`
		Location
	}
	entry := struct {
		Type        string    `json:"type"`
		ContextSize string    `json:"search_context_size,omitempty"`
		Filters     *domains  `json:"filters,omitempty"`
		Location    *location `json:"user_location,omitempty"`
	}{Type: "web_search", ContextSize: o.ContextSize}
	if o.AllowedDomains != nil {
		entry.Filters = &domains{o.AllowedDomains}
	}
	if o.Location != nil {
		entry.Location = &location{"approximate", *o.Location}
	}
	return provided("web_search", entry)
}

// FileSearchOptions are the settings of [FileSearch].
type FileSearchOptions struct {
	VectorStoreIDs []string        `json:"vector_store_ids"`
	MaxResults     int             `json:"max_num_results,omitempty"` // 1 to 50; 0: the provider's default
	Filters        json.RawMessage `json:"filters,omitempty"`
	RankingOptions json.RawMessage `json:"ranking_options,omitempty"`
}

// FileSearch lets the model search files in vector stores:
// https://platform.openai.com/docs/guides/tools-file-search. Put
// file_search_call.results in include, in the request's Extra, to see what it
// found.
func FileSearch(o FileSearchOptions) reprise.ToolSpec {
	return provided("file_search", struct {
		Type string `json:"type"`
		FileSearchOptions
	}{"file_search", o})
}

// CodeInterpreterOptions are the settings of [CodeInterpreter]. The zero
// value is a container that the provider makes.
type CodeInterpreterOptions struct {
	Container   string   // the id of a container that there is; empty: one is made
	FileIDs     []string // of files in the one that is made
	MemoryLimit string   // of the one that is made: 1g, 4g, 16g, 64g
}

// CodeInterpreter lets the model run Python:
// https://platform.openai.com/docs/guides/tools-code-interpreter.
func CodeInterpreter(o CodeInterpreterOptions) reprise.ToolSpec {
	var container any = o.Container
	if o.Container == "" {
		container = struct {
			Type        string   `json:"type"`
			FileIDs     []string `json:"file_ids,omitempty"`
			MemoryLimit string   `json:"memory_limit,omitempty"`
		}{"auto", o.FileIDs, o.MemoryLimit}
	}
	return provided("code_interpreter", struct {
		Type      string `json:"type"`
		Container any    `json:"container"`
	}{"code_interpreter", container})
}

// ImageGenerationOptions are the settings of [ImageGeneration]. The zero
// value is the provider's defaults.
type ImageGenerationOptions struct {
	Model         string `json:"model,omitempty"`
	Action        string `json:"action,omitempty"`        // generate, edit, auto
	Size          string `json:"size,omitempty"`          // such as 1024x1536, or auto
	Quality       string `json:"quality,omitempty"`       // low, medium, high, auto
	Format        string `json:"output_format,omitempty"` // png, webp, jpeg
	Background    string `json:"background,omitempty"`    // transparent, opaque, auto
	InputFidelity string `json:"input_fidelity,omitempty"`
	Moderation    string `json:"moderation,omitempty"`
}

// ImageGeneration lets the model make images, which are [reprise.Media] parts
// of its answer: https://platform.openai.com/docs/guides/tools-image-generation.
func ImageGeneration(o ImageGenerationOptions) reprise.ToolSpec {
	return provided("image_generation", struct {
		Type string `json:"type"`
		ImageGenerationOptions
	}{"image_generation", o})
}

// MCPServer is a server that [MCP] lets the model use. It needs a Label, and
// a URL or a Connector.
type MCPServer struct {
	Label         string            `json:"server_label"`
	URL           string            `json:"server_url,omitempty"`
	Connector     string            `json:"connector_id,omitempty"`
	Description   string            `json:"server_description,omitempty"`
	Authorization string            `json:"authorization,omitempty"` // an OAuth token; it is part of the request's body
	Headers       map[string]string `json:"headers,omitempty"`
	AllowedTools  []string          `json:"allowed_tools,omitempty"`    // nil: all
	Approval      string            `json:"require_approval,omitempty"` // never, always; empty: always
}

// MCP lets the model use the tools of a remote MCP server, which the provider
// calls: https://platform.openai.com/docs/guides/tools-connectors-mcp. The
// tool's name is the label. A call that waits for approval is a
// [reprise.Opaque] of the kind mcp_approval_request; answer it with
// [Approval].
func MCP(s MCPServer) reprise.ToolSpec {
	return provided(s.Label, struct {
		Type string `json:"type"`
		MCPServer
	}{"mcp", s})
}

// Approval answers an mcp_approval_request: put it in the next user message.
// The reason may be empty.
func Approval(request reprise.Opaque, approve bool, reason string) reprise.Opaque {
	var asked struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(request.Data, &asked) // the API refuses an empty id
	data, _ := json.Marshal(struct {         // of strings
		Type    string `json:"type"`
		ID      string `json:"approval_request_id"`
		Approve bool   `json:"approve"`
		Reason  string `json:"reason,omitempty"`
	}{"mcp_approval_response", asked.ID, approve, reason})
	return reprise.Opaque{Provider: API, Kind: "mcp_approval_response", Data: data}
}

// Display is the screen that [ComputerUse] is for.
type Display struct {
	Width, Height int    // in pixels
	Environment   string // windows, mac, linux, ubuntu, browser
}

// ComputerUse lets the model act on a computer, by calls of a tool named
// computer that the caller runs:
// https://platform.openai.com/docs/guides/tools-computer-use. The arguments
// are an object with action (or actions) and pending_safety_checks; the
// result is a screenshot, an image among its parts. The zero Display is for
// models that need not know it; others get computer_use_preview.
func ComputerUse(d Display) reprise.ToolSpec {
	if d == (Display{}) {
		return provided("computer", struct {
			Type string `json:"type"`
		}{"computer"})
	}
	return provided("computer", struct {
		Type        string `json:"type"`
		Width       int    `json:"display_width"`
		Height      int    `json:"display_height"`
		Environment string `json:"environment"`
	}{"computer_use_preview", d.Width, d.Height, d.Environment})
}

// Acknowledge is the Echo of a [ComputerUse] call's result that accepts the
// call's pending_safety_checks, a JSON list.
func Acknowledge(checks json.RawMessage) *reprise.Echo {
	data, _ := json.Marshal(map[string]any{"item": map[string]any{"acknowledged_safety_checks": checks}}) // what is not JSON makes it empty
	return &reprise.Echo{Provider: API, Data: data}
}

// Shell lets the model run commands, by calls of a tool named shell that the
// caller runs: https://platform.openai.com/docs/guides/tools-shell. The
// arguments are an object with action, which has commands. A result is a text:
// a JSON list with an element {stdout, stderr, outcome} for each command, or
// anything else as what one command printed.
func Shell() reprise.ToolSpec {
	return reprise.ToolSpec{Name: "shell", Provider: API, Config: json.RawMessage(`{"type":"shell","environment":{"type":"local"}}`)}
}

// ApplyPatch lets the model change files, by calls of a tool named apply_patch
// that the caller runs:
// https://platform.openai.com/docs/guides/tools-apply-patch. The arguments are
// an object with operation; the result is a text, or an error.
func ApplyPatch() reprise.ToolSpec {
	return reprise.ToolSpec{Name: "apply_patch", Provider: API, Config: json.RawMessage(`{"type":"apply_patch"}`)}
}

// CustomTool is a tool of the caller's whose input is a text, and not JSON:
// https://platform.openai.com/docs/guides/function-calling#custom-tools. The
// format (a grammar, say) may be nil. The arguments of its calls are an object
// with that text as input.
func CustomTool(name, description string, format json.RawMessage) reprise.ToolSpec {
	return provided(name, struct {
		Type        string          `json:"type"`
		Name        string          `json:"name"`
		Description string          `json:"description,omitempty"`
		Format      json.RawMessage `json:"format,omitempty"`
	}{"custom", name, description, format})
}
