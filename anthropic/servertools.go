package anthropic

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/repriselabs/reprise"
)

// The tools of this API (https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/tool-reference).
// Each function returns a ToolSpec. The API runs some itself, and their calls
// and results are Opaque parts. Others the caller runs: embed the spec in a
// [reprise.FuncTool] and give it a Run.
//
// The version is the dated end of the type, such as 20250305, and must be one
// that the model knows. A version that is not a date is a mistake in the
// program and panics, as do settings that are no JSON.

// A Location is roughly where the user is.
type Location struct {
	City     string `json:"city,omitempty"`
	Region   string `json:"region,omitempty"`
	Country  string `json:"country,omitempty"`  // two letters: DE
	Timezone string `json:"timezone,omitempty"` // by IANA: Europe/Berlin
}

// WebSearchConfig are the settings of [WebSearch].
type WebSearchConfig struct {
	Version string // empty: 20250305, which every model with web search knows
	MaxUses int    // searches in one request; 0: the API's limit
	// AllowedDomains and BlockedDomains bound where results come from. The
	// API takes one of them.
	AllowedDomains []string
	BlockedDomains []string
	Location       *Location
}

// WebSearch lets the model search the web. The API runs it.
func WebSearch(c WebSearchConfig) reprise.ToolSpec {
	var location any
	if c.Location != nil {
		location = struct {
			Type string `json:"type"`
			*Location
		}{"approximate", c.Location}
	}
	return builtin("web_search", "web_search_", c.Version, "20250305",
		setting{"max_uses", c.MaxUses, c.MaxUses > 0},
		setting{"allowed_domains", c.AllowedDomains, len(c.AllowedDomains) > 0},
		setting{"blocked_domains", c.BlockedDomains, len(c.BlockedDomains) > 0},
		setting{"user_location", location, location != nil})
}

// WebFetchConfig are the settings of [WebFetch].
type WebFetchConfig struct {
	Version          string // empty: 20250910
	MaxUses          int    // 0: the API's limit
	AllowedDomains   []string
	BlockedDomains   []string
	Citations        bool // the model shall cite what it fetched
	MaxContentTokens int  // of a page; 0: the API's limit
}

// WebFetch lets the model read pages whose address is in the conversation.
// The API runs it.
func WebFetch(c WebFetchConfig) reprise.ToolSpec {
	return builtin("web_fetch", "web_fetch_", c.Version, "20250910",
		setting{"max_uses", c.MaxUses, c.MaxUses > 0},
		setting{"allowed_domains", c.AllowedDomains, len(c.AllowedDomains) > 0},
		setting{"blocked_domains", c.BlockedDomains, len(c.BlockedDomains) > 0},
		setting{"citations", map[string]bool{"enabled": true}, c.Citations},
		setting{"max_content_tokens", c.MaxContentTokens, c.MaxContentTokens > 0})
}

// CodeExecution lets the model run code in a container of the API's. An empty
// version is 20250825.
func CodeExecution(version string) reprise.ToolSpec {
	return builtin("code_execution", "code_execution_", version, "20250825")
}

// ToolSearchRegex lets the model find tools that are marked defer_loading, by
// a regular expression. The API runs it. An empty version is 20251119.
func ToolSearchRegex(version string) reprise.ToolSpec {
	return builtin("tool_search_tool_regex", "tool_search_tool_regex_", version, "20251119")
}

// ToolSearchBM25 is [ToolSearchRegex] by plain words.
func ToolSearchBM25(version string) reprise.ToolSpec {
	return builtin("tool_search_tool_bm25", "tool_search_tool_bm25_", version, "20251119")
}

// ComputerConfig are the settings of [Computer].
type ComputerConfig struct {
	Version string // empty: 20250124; newer models want 20251124
	// Width and Height are the screen's, in pixels.
	Width, Height int
	Display       int  // the number of an X11 display; 0: none is told
	Zoom          bool // the model may look closer (from 20251124 on)
}

// Computer lets the model use a screen, a mouse and a keyboard, which the
// caller has.
func Computer(c ComputerConfig) reprise.ToolSpec {
	return builtin("computer", "computer_", c.Version, "20250124",
		setting{"display_width_px", c.Width, true},
		setting{"display_height_px", c.Height, true},
		setting{"display_number", c.Display, c.Display > 0},
		setting{"enable_zoom", true, c.Zoom})
}

// Bash lets the model use a shell, which the caller has. An empty version is
// 20250124.
func Bash(version string) reprise.ToolSpec { return builtin("bash", "bash_", version, "20250124") }

// TextEditor lets the model view and edit files, which the caller has. An
// empty version is 20250728. maxCharacters bounds what viewing a file gives;
// 0 leaves that to the API.
func TextEditor(version string, maxCharacters int) reprise.ToolSpec {
	name := "str_replace_based_edit_tool"
	if version == "20241022" || version == "20250124" {
		name = "str_replace_editor"
	}
	return builtin(name, "text_editor_", version, "20250728", setting{"max_characters", maxCharacters, maxCharacters > 0})
}

// Memory lets the model keep notes in a folder, which the caller has. An empty
// version is 20250818.
func Memory(version string) reprise.ToolSpec {
	return builtin("memory", "memory_", version, "20250818")
}

// Custom returns a tool of the caller's with fields that only this API has,
// such as defer_loading, allowed_callers, input_examples or
// eager_input_streaming. They are a JSON object.
func Custom(tool reprise.ToolSpec, fields json.RawMessage) reprise.ToolSpec {
	e := newEncoder(&Model{}, "")
	e.profile.format = true // whether the model knows strict, the caller knows
	err := e.tool(tool)
	config := json.RawMessage(e.Buf)
	var set map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(fields, &set)
	}
	if err != nil {
		panic(fmt.Sprintf("anthropic.Custom %q: %v", tool.Name, err))
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		config = setMember(config, name, set[name])
	}
	tool.Provider, tool.Config = API, config
	return tool
}

// setting is a field of a tool.
type setting struct {
	name  string
	value any
	set   bool
}

func builtin(name, kind, version, newest string, settings ...setting) reprise.ToolSpec {
	if version == "" {
		version = newest
	}
	for _, c := range version {
		if c < '0' || c > '9' {
			panic(fmt.Sprintf("anthropic: version %q of tool %s is not a date such as %s", version, name, newest))
		}
	}
	fields := map[string]any{"type": kind + version, "name": name}
	for _, s := range settings {
		if s.set {
			fields[s.name] = s.value
		}
	}
	config, err := json.Marshal(fields)
	if err != nil {
		panic(fmt.Sprintf("anthropic: tool %s: %v", name, err))
	}
	return reprise.ToolSpec{Name: name, Provider: API, Config: config}
}
