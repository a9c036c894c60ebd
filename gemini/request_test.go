package gemini

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func assistant(parts ...reprise.Part) reprise.Message {
	return reprise.Message{Role: reprise.RoleAssistant, Parts: parts}
}

func results(parts ...reprise.Part) reprise.Message {
	return reprise.Message{Role: reprise.RoleTool, Parts: parts}
}

func system(text string) reprise.Message {
	return reprise.Message{Role: reprise.RoleSystem, Parts: reprise.Parts{reprise.Text{Text: text}}}
}

// hi is a request that says hi, and more.
func hi(change func(*reprise.Request)) *reprise.Request {
	req := &reprise.Request{Messages: reprise.Ask("hi")}
	change(req)
	return req
}

// chat is a request of these messages.
func chat(messages ...reprise.Message) *reprise.Request {
	return &reprise.Request{Messages: messages}
}

const hiContents = `"contents":[{"parts":[{"text":"hi"}],"role":"user"}]`

var weather = reprise.ToolSpec{Name: "weather", Description: "Tells it", Schema: raw(`{"type":"object","properties":{"at":{"enum":["here"],"anyOf":[{"format":"x"}],"minimum":1}},"$defs":{"a":{"required":["b"]}},"additionalProperties":false}`)}

const weatherJSON = `{"name":"weather","description":"Tells it","parametersJsonSchema":{"type":"object","properties":{"at":{"enum":["here"],"anyOf":[{"format":"x"}],"minimum":1}},"$defs":{"a":{"required":["b"]}},"additionalProperties":false}}`

const autoChoice = `"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}`

// requests are requests and the bodies that carry them.
var requests = []struct {
	name     string
	provider string // empty: Google
	model    string // empty: gemini-2.5-flash
	req      *reprise.Request
	body     string
	warnings []string // a part of each
}{
	{
		name: "every setting",
		req: hi(func(r *reprise.Request) {
			r.MaxTokens, r.Temperature, r.TopP, r.TopK = 5, ptr(0.5), ptr(0.25), ptr(7)
			r.PresencePenalty, r.FrequencyPenalty, r.Stop, r.Seed = ptr(1.0), ptr(-1.0), []string{"\n", "<"}, ptr(int64(9007199254740993))
		}),
		body: `{` + hiContents + `,"generationConfig":{"maxOutputTokens":5,"temperature":0.5,"topP":0.25,"presencePenalty":1,"frequencyPenalty":-1,"topK":7,"stopSequences":["\n","<"],"seed":9007199254740993}}`,
	},
	{
		name: "system texts, also at the head of the conversation",
		req:  &reprise.Request{System: reprise.Parts{reprise.Text{Text: "a"}, reprise.CachePoint{}, reprise.Text{Text: "b"}}, Messages: []reprise.Message{system("c"), reprise.User("hi")}},
		body: `{"systemInstruction":{"parts":[{"text":"a"},{"text":"b"},{"text":"c"}],"role":"user"},` + hiContents + `}`, warnings: []string{"cache point"},
	},
	{
		name:     "a later system message is not lost",
		req:      chat(reprise.User("hi"), system("be brief")),
		body:     `{"contents":[{"parts":[{"text":"hi"}],"role":"user"},{"parts":[{"text":"be brief"}],"role":"user"}]}`,
		warnings: []string{"sent as the user's"},
	},
	{
		name: "Gemma has the system in the first user message", model: "gemma-3-27b-it",
		req:  &reprise.Request{System: reprise.Parts{reprise.Text{Text: "sys"}}, Messages: []reprise.Message{system("tem"), reprise.User("hi"), assistant(reprise.Text{Text: "yo"})}},
		body: `{"contents":[{"parts":[{"text":"sys"},{"text":"tem"},{"text":"hi"}],"role":"user"},{"parts":[{"text":"yo"}],"role":"model"}]}`,
	},
	{
		name: "Gemma, with an answer first", model: "models/gemma-3n-e4b-it",
		req:  &reprise.Request{System: reprise.Parts{reprise.Text{Text: "sys"}}, Messages: []reprise.Message{assistant(reprise.Text{Text: "yo"})}},
		body: `{"contents":[{"parts":[{"text":"sys"}],"role":"user"},{"parts":[{"text":"yo"}],"role":"model"}]}`,
	},
	{
		name: "Gemma 4 takes a system instruction", model: "gemma-4-31b-it",
		req:  hi(func(r *reprise.Request) { r.System = reprise.Parts{reprise.Text{Text: "sys"}} }),
		body: `{"systemInstruction":{"parts":[{"text":"sys"}],"role":"user"},` + hiContents + `}`,
	},
	{
		name: "JSON Schemas go out whole",
		req: hi(func(r *reprise.Request) {
			r.Tools = []reprise.ToolSpec{weather, {Name: "now"}}
			r.Output = &reprise.Schema{Name: "out", JSON: raw(`{"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[{"type":"null"},{"type":["string","integer"],"pattern":"<"}]}}}`), Strict: true}
		}),
		body: `{` + hiContents + `,"tools":[{"functionDeclarations":[` + weatherJSON + `,{"name":"now"}]}],` + autoChoice + `,"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[{"type":"null"},{"type":["string","integer"],"pattern":"<"}]}}}}}`,
	},
	{
		name: "the description of an output",
		req:  hi(func(r *reprise.Request) { r.Output = &reprise.Schema{Description: "d", JSON: raw(`true`)} }),
		body: `{` + hiContents + `,"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":true}}`, warnings: []string{"the description of the output"},
	},
	{
		name: "no tools, by choice", req: hi(func(r *reprise.Request) {
			r.Tools, r.Choice, r.SerialTools = []reprise.ToolSpec{weather}, reprise.ToolChoice{Mode: reprise.ToolNone}, true
		}),
		body: `{` + hiContents + `,"tools":[{"functionDeclarations":[` + weatherJSON + `]}],"toolConfig":{"functionCallingConfig":{"mode":"NONE"}}}`, warnings: []string{"serial tools"},
	},
	{
		name: "any tool", req: hi(func(r *reprise.Request) {
			r.Tools, r.Choice = []reprise.ToolSpec{weather}, reprise.ToolChoice{Mode: reprise.ToolRequired}
		}),
		body: `{` + hiContents + `,"tools":[{"functionDeclarations":[` + weatherJSON + `]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}}`,
	},
	{
		name: "one tool", req: hi(func(r *reprise.Request) {
			r.Tools, r.Choice = []reprise.ToolSpec{weather}, reprise.ToolChoice{Name: "weather"}
		}),
		body: `{` + hiContents + `,"tools":[{"functionDeclarations":[` + weatherJSON + `]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["weather"]}}}`,
	},
	{
		name: "a strict tool", req: hi(func(r *reprise.Request) {
			strict := weather
			strict.Strict = true
			r.Tools, r.Choice = []reprise.ToolSpec{strict}, reprise.ToolChoice{Mode: reprise.ToolAuto}
		}),
		body: `{` + hiContents + `,"tools":[{"functionDeclarations":[` + weatherJSON + `]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}}`,
	},
	{
		name: "the provider's own tools, and those of others",
		req: hi(func(r *reprise.Request) {
			r.Tools = []reprise.ToolSpec{GoogleSearch(), weather, URLContext(), CodeExecution(), GoogleMaps(), FileSearch("fileSearchStores/s"), ComputerUse("ENVIRONMENT_BROWSER", "drag"), {Name: "web_search", Provider: "anthropic", Config: raw(`{}`)}}
		}),
		body:     `{` + hiContents + `,"tools":[{"functionDeclarations":[` + weatherJSON + `]},{"googleSearch":{}},{"urlContext":{}},{"codeExecution":{}},{"googleMaps":{}},{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/s"]}},{"computerUse":{"environment":"ENVIRONMENT_BROWSER","excludedPredefinedFunctions":["drag"]}}],` + autoChoice + `}`,
		warnings: []string{"tool web_search: it is anthropic's own"},
	},
	{
		name: "a choice that only functions can have",
		req: hi(func(r *reprise.Request) {
			r.Tools, r.Choice = []reprise.ToolSpec{GoogleSearch()}, reprise.ToolChoice{Mode: reprise.ToolRequired}
		}),
		body: `{` + hiContents + `,"tools":[{"googleSearch":{}}]}`, warnings: []string{"the tool choice"},
	},
	{
		name: "a thinking budget of 0 turns thinking off",
		req:  hi(func(r *reprise.Request) { r.ThinkingBudget = ptr(0) }),
		body: `{` + hiContents + `,"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}`,
	},
	{
		name: "a thinking budget of -1 leaves it to the model",
		req:  hi(func(r *reprise.Request) { r.ThinkingBudget = ptr(-1) }),
		body: `{` + hiContents + `,"generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingBudget":-1}}}`,
	},
	{
		name: "a thinking budget below 128 is not changed",
		req:  hi(func(r *reprise.Request) { r.ThinkingBudget = ptr(1) }),
		body: `{` + hiContents + `,"generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingBudget":1}}}`,
	},
	{
		name: "a thinking level", model: "gemini-3-pro-preview",
		req:  hi(func(r *reprise.Request) { r.Effort = "low" }),
		body: `{` + hiContents + `,"generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"low"}}}`,
	},
	{
		name: "a thinking level for a model that is not known", model: "tunedModels/mine",
		req:  hi(func(r *reprise.Request) { r.Effort = "HIGH" }),
		body: `{` + hiContents + `,"generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"HIGH"}}}`,
	},
	{
		name: "a level and a budget at once", model: "gemini-3-flash",
		req:  hi(func(r *reprise.Request) { r.Effort, r.ThinkingBudget = "HIGH", ptr(5) }),
		body: `{` + hiContents + `,"generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"HIGH"}}}`, warnings: []string{"the thinking budget"},
	},
	{
		name: "a level for a model that has none",
		req:  hi(func(r *reprise.Request) { r.Effort, r.ThinkingBudget = "high", ptr(5) }),
		body: `{` + hiContents + `,"generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingBudget":5}}}`, warnings: []string{"gemini-2.5-flash has no thinking levels"},
	},
	{
		name: "media by data, address, id and data URL",
		req: chat(reprise.User("see", reprise.Media{Type: "image/png", Data: []byte{1, 2}}, reprise.Media{Type: "video/mp4", URL: "https://youtu.be/x"}, reprise.Media{URL: "gs://b/c"},
			reprise.Media{Type: "application/pdf", ID: "files/abc"}, reprise.Media{ID: "https://x/y", Type: "a/b"}, reprise.Media{URL: "data:image/gif;base64,AQI="},
			reprise.Media{Type: "audio/wav", Data: []byte{1, 2}, Name: "a.wav", Detail: "low"})),
		body:     `{"contents":[{"parts":[{"text":"see"},{"inlineData":{"data":"AQI=","mimeType":"image/png"}},{"fileData":{"fileUri":"https://youtu.be/x","mimeType":"video/mp4"}},{"fileData":{"fileUri":"gs://b/c"}},{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc","mimeType":"application/pdf"}},{"fileData":{"fileUri":"https://x/y","mimeType":"a/b"}},{"inlineData":{"data":"AQI=","mimeType":"image/gif"}},{"inlineData":{"data":"AQI=","mimeType":"audio/wav"}}],"role":"user"}]}`,
		warnings: []string{"the detail of a picture", `the name of the file "a.wav"`},
	},
	{
		name: "the name of a file in Google Cloud", provider: Vertex,
		req:  chat(reprise.User("", reprise.Media{Type: "audio/wav", Data: []byte{1, 2}, Name: "a.wav"})),
		body: `{"contents":[{"parts":[{"inlineData":{"data":"AQI=","mimeType":"audio/wav","displayName":"a.wav"}}],"role":"user"}]}`,
	},
	{
		name: "an answer goes back as it came, signature by signature",
		req: chat(reprise.User("hi"), assistant(
			reprise.Reasoning{Text: "hm", Echo: echo(`{"thoughtSignature":"AA=="}`)}, reprise.Reasoning{Text: "m"},
			reprise.Text{Text: "a", Echo: echo(`{"thoughtSignature":"BB=="}`)}, reprise.Text{Text: "b"},
			reprise.ToolCall{ID: "k1", Name: "f", Args: `{"x":1.50}`, Echo: echo(`{"thoughtSignature":"CC=="}`)}, reprise.ToolCall{ID: "call_0_5", Name: "g"},
			reprise.Media{Type: "image/png", Data: []byte{1, 2}, Echo: echo(`{"thoughtSignature":"DD==","videoMetadata":{"fps":2}}`)},
			opaque("executableCode", `{"executableCode":{"code":"1"},"thoughtSignature":"EE=="}`),
			opaque("thoughtSignature", `{"text":"","thoughtSignature":"FF=="}`),
		)),
		body: `{"contents":[{"parts":[{"text":"hi"}],"role":"user"},{"parts":[{"text":"hm","thought":true,"thoughtSignature":"AA=="},{"text":"m","thought":true},{"text":"a","thoughtSignature":"BB=="},{"text":"b"},{"functionCall":{"id":"k1","name":"f","args":{"x":1.50}},"thoughtSignature":"CC=="},{"functionCall":{"id":"call_0_5","name":"g","args":{}}},{"inlineData":{"data":"AQI=","mimeType":"image/png"},"thoughtSignature":"DD==","videoMetadata":{"fps":2}},{"executableCode":{"code":"1"},"thoughtSignature":"EE=="},{"text":"","thoughtSignature":"FF=="}],"role":"model"}]}`,
	},
	{
		name: "what other providers gave", model: "gemini-3-pro-preview",
		req: chat(reprise.User("hi"), assistant(
			reprise.Reasoning{Echo: &reprise.Echo{Provider: "anthropic", Data: raw(`{"signature":"x"}`)}},
			reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: Vertex, Data: raw(`{"thoughtSignature":"x"}`)}},
			reprise.Opaque{Provider: "openai", Kind: "item", Data: raw(`{}`)}, reprise.CachePoint{},
			reprise.ToolCall{ID: "a", Name: "f"}, reprise.ToolCall{ID: "b", Name: "f"},
		), results(reprise.ToolResult{ID: "a", Parts: reprise.Parts{reprise.Text{Text: "1"}}, Echo: &reprise.Echo{Provider: "x"}}, reprise.ToolResult{ID: "b", Parts: reprise.Parts{reprise.Text{Text: "2"}}})),
		body:     `{"contents":[{"parts":[{"text":"hi"}],"role":"user"},{"parts":[{"text":"hm","thought":true},{"functionCall":{"id":"a","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"b","name":"f","args":{}}}],"role":"model"},{"parts":[{"functionResponse":{"id":"a","name":"f","response":{"result":"1"}}},{"functionResponse":{"id":"b","name":"f","response":{"result":"2"}}}],"role":"user"}]}`,
		warnings: []string{"what anthropic wants back", "what vertex wants back", "a item block of openai", "cache point", "what x wants back"},
	},
	{
		name: "arguments that are no object",
		req:  chat(assistant(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":`}, reprise.ToolCall{ID: "b", Name: "f", Args: ` `})),
		body: `{"contents":[{"parts":[{"functionCall":{"id":"a","name":"f","args":{"arguments":"{\"x\":"}}},{"functionCall":{"id":"b","name":"f","args":{}}}],"role":"model"}]}`, warnings: []string{"the arguments of call a"},
	},
	{
		name: "a result for each call, by id, with errors and several texts",
		req: chat(assistant(reprise.ToolCall{ID: "a", Name: "f"}, reprise.ToolCall{ID: "b", Name: "g"}, reprise.ToolCall{ID: "c", Name: "h"}),
			results(reprise.ToolResult{ID: "a", Parts: reprise.Parts{reprise.Text{Text: "1"}, reprise.Text{Text: "{\"n\":12345678901234567890}"}}}, reprise.ToolResult{ID: "b", Name: "g", IsError: true, Parts: reprise.Parts{reprise.Text{Text: "no <g>"}}}),
			results(reprise.ToolResult{ID: "c"}), reprise.User("well?")),
		body: `{"contents":[{"parts":[{"functionCall":{"id":"a","name":"f","args":{}}},{"functionCall":{"id":"b","name":"g","args":{}}},{"functionCall":{"id":"c","name":"h","args":{}}}],"role":"model"},{"parts":[{"functionResponse":{"id":"a","name":"f","response":{"result":"1\n{\"n\":12345678901234567890}"}}},{"functionResponse":{"id":"b","name":"g","response":{"error":"no <g>"}}},{"functionResponse":{"id":"c","name":"h","response":{"result":""}}}],"role":"user"},{"parts":[{"text":"well?"}],"role":"user"}]}`,
	},
	{
		name: "ids in Google Cloud: those that it gave", provider: Vertex,
		req: chat(assistant(reprise.ToolCall{ID: "call_0_0", Name: "f"}, reprise.ToolCall{ID: "k1", Name: "f"}),
			results(reprise.ToolResult{ID: "call_0_0", Parts: reprise.Parts{reprise.Text{Text: "1"}}}, reprise.ToolResult{ID: "k1", Parts: reprise.Parts{reprise.Text{Text: "2"}}})),
		body: `{"contents":[{"parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"id":"k1","name":"f","args":{}}}],"role":"model"},{"parts":[{"functionResponse":{"name":"f","response":{"result":"1"}}},{"functionResponse":{"id":"k1","name":"f","response":{"result":"2"}}}],"role":"user"}]}`,
	},
	{
		name: "media in a result, in it", model: "gemini-3-pro-preview",
		req: chat(assistant(reprise.ToolCall{ID: "a", Name: "f", Echo: echo(`{"thoughtSignature":"AA=="}`)}),
			results(reprise.ToolResult{ID: "a", Parts: reprise.Parts{reprise.Media{Type: "image/png", Data: []byte{1, 2}, Name: "p"}, reprise.Media{Type: "audio/wav", Data: []byte{1, 2}}}})),
		body: `{"contents":[{"parts":[{"functionCall":{"id":"a","name":"f","args":{}},"thoughtSignature":"AA=="}],"role":"model"},{"parts":[{"functionResponse":{"id":"a","name":"f","response":{"result":"The result is attached."},"parts":[{"inlineData":{"data":"AQI=","mimeType":"image/png","displayName":"p"}}]}},{"text":"The result of f (call a):"},{"inlineData":{"data":"AQI=","mimeType":"audio/wav"}}],"role":"user"}]}`,
	},
	{
		name: "media in results, after them",
		req: chat(assistant(reprise.ToolCall{ID: "a", Name: "f"}, reprise.ToolCall{ID: "b", Name: "g"}),
			results(reprise.ToolResult{ID: "a", Parts: reprise.Parts{reprise.Text{Text: "a picture"}, reprise.Media{Type: "image/png", URL: "gs://p"}}}, reprise.ToolResult{ID: "b", Parts: reprise.Parts{reprise.Media{Type: "image/png", Data: []byte{1, 2}}}}, reprise.Text{Text: "look"})),
		body: `{"contents":[{"parts":[{"functionCall":{"id":"a","name":"f","args":{}}},{"functionCall":{"id":"b","name":"g","args":{}}}],"role":"model"},{"parts":[{"functionResponse":{"id":"a","name":"f","response":{"result":"a picture"}}},{"functionResponse":{"id":"b","name":"g","response":{"result":"The result is attached."}}},{"text":"The result of f (call a):"},{"fileData":{"fileUri":"gs://p","mimeType":"image/png"}},{"text":"The result of g (call b):"},{"inlineData":{"data":"AQI=","mimeType":"image/png"}},{"text":"look"}],"role":"user"}]}`,
	},
	{
		name: "messages and texts without anything in them",
		req:  chat(reprise.User("hi"), assistant(), reprise.User(""), assistant(reprise.Text{}), reprise.Message{Role: reprise.RoleTool}, reprise.User(""), results(reprise.CachePoint{})),
		body: `{` + hiContents + `}`, warnings: []string{"cache point"},
	},
	{
		name: "a refusal",
		req:  chat(reprise.User("hi"), assistant(reprise.Text{Text: "no", Refusal: true})),
		body: `{"contents":[{"parts":[{"text":"hi"}],"role":"user"},{"parts":[{"text":"no"}],"role":"model"}]}`,
	},
	{
		name: "a paused answer goes on by its token",
		req:  chat(reprise.User("hi"), reprise.Message{Role: reprise.RoleAssistant, Paused: true, Parts: reprise.Parts{reprise.Text{Text: "a"}, opaque("continuationToken", `"dG9r"`)}}),
		body: `{` + hiContents + `,"continuationToken":"dG9r"}`,
	},
	{
		name: "an answer that was paused twice",
		req:  chat(reprise.User("hi"), reprise.Message{Role: reprise.RoleAssistant, Paused: true, Parts: reprise.Parts{reprise.Text{Text: "a"}, opaque("continuationToken", `"dG9r"`)}}, reprise.Message{Role: reprise.RoleAssistant, Paused: true, Parts: reprise.Parts{reprise.Text{Text: "b"}, opaque("continuationToken", `"dG9y"`)}}),
		body: `{` + hiContents + `,"continuationToken":"dG9y"}`,
	},
	{
		name: "an answer that was paused, and went on",
		req:  chat(reprise.User("hi"), reprise.Message{Role: reprise.RoleAssistant, Paused: true, Parts: reprise.Parts{reprise.Text{Text: "a"}, opaque("continuationToken", `"dG9r"`)}}, assistant(reprise.Text{Text: "b"})),
		body: `{"contents":[{"parts":[{"text":"hi"}],"role":"user"},{"parts":[{"text":"a"}],"role":"model"},{"parts":[{"text":"b"}],"role":"model"}]}`,
	},
	{
		name: "extra fields win, settings one by one",
		req: hi(func(r *reprise.Request) {
			r.Tools, r.Temperature, r.ThinkingBudget = []reprise.ToolSpec{weather}, ptr(0.5), ptr(7)
			r.Extra = map[string]json.RawMessage{
				API:      raw(`{"cachedContent":"cachedContents/c","safetySettings":[{"category":"C","threshold":"BLOCK_NONE"}],"generation_config":{"temperature":1,"candidateCount":1,"thinkingConfig":{"includeThoughts":null}},"toolConfig":{"functionCallingConfig":{"streamFunctionCallArguments":true}}}`),
				Google:   raw(`{"labels":{"a":"<b>"}}`),
				"openai": raw(`{"store":true}`),
			}
		}),
		body: `{` + hiContents + `,"cachedContent":"cachedContents/c","safetySettings":[{"category":"C","threshold":"BLOCK_NONE"}],"labels":{"a":"<b>"},"tools":[{"functionDeclarations":[` + weatherJSON + `]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO","streamFunctionCallArguments":true}},"generationConfig":{"temperature":1,"candidateCount":1,"thinkingConfig":{"thinkingBudget":7}}}`,
	},
	{
		name: "extra fields take away",
		req: hi(func(r *reprise.Request) {
			r.Tools, r.MaxTokens = []reprise.ToolSpec{weather}, 3
			r.Extra = map[string]json.RawMessage{API: raw(`{"tools":null,"toolConfig":null,"generationConfig":{"maxOutputTokens":null}}`)}
		}),
		body: `{` + hiContents + `}`,
	},
}

func TestRequests(t *testing.T) {
	for _, c := range requests {
		t.Run(c.name, func(t *testing.T) {
			if c.model == "" {
				c.model = "gemini-2.5-flash"
			}
			before, err := json.Marshal(c.req)
			if err != nil {
				t.Fatal(err)
			}
			got, warnings, err := encode(t.Context(), providerName(c.provider), c.model, c.req)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(value(t, c.body), value(t, string(got))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if len(warnings) != len(c.warnings) {
				t.Fatalf("warnings: %v, want %q", warnings, c.warnings)
			}
			for i, w := range warnings {
				if w.Code != reprise.WarnDropped || w.Provider != providerName(c.provider) || !strings.Contains(w.Message, c.warnings[i]) {
					t.Errorf("warning %+v, want %q", w, c.warnings[i])
				}
			}
			if after, _ := json.Marshal(c.req); string(after) != string(before) {
				t.Errorf("the request was changed:\n%s\nbefore:\n%s", after, before)
			}
			again, _, err := encode(t.Context(), providerName(c.provider), c.model, c.req)
			if err != nil || string(again) != string(got) {
				t.Errorf("the second time it is different: %s, %v", again, err)
			}
		})
	}
}

// TestNumbersAreExact compares the bytes: as values they would be rounded.
func TestNumbersAreExact(t *testing.T) {
	got, _, err := encode(t.Context(), Google, "gemini-2.5-flash", chat(assistant(reprise.ToolCall{ID: "a", Name: "f", Args: `{"n":12345678901234567890,"x":1.50}`})))
	if err != nil {
		t.Fatal(err)
	}
	if want := `"args":{"n":12345678901234567890,"x":1.50}`; !strings.Contains(string(got), want) {
		t.Errorf("no %s in %s", want, got)
	}
}

func TestRefusedRequests(t *testing.T) {
	for _, c := range []struct {
		name string
		req  *reprise.Request
		text string
	}{
		{"a role", chat(reprise.Message{Role: "narrator"}), `messages[0]: unknown role "narrator"`},
		{"a picture for the system", hi(func(r *reprise.Request) { r.System = reprise.Parts{reprise.Media{}} }), "the system instruction takes only text, not a reprise.Media"},
		{"a picture in a system message", chat(system("a"), reprise.Message{Role: reprise.RoleSystem, Parts: reprise.Parts{reprise.Media{}}}), "messages[1]: the system instruction takes only text"},
		{"a file without a type", chat(system("a"), reprise.User("a", reprise.Media{Data: []byte{1}})), "messages[1]: a file without a type"},
		{"a data URL", chat(reprise.User("a", reprise.Media{URL: "data:hello"})), "data:TYPE;base64,DATA"},
		{"a call of the user's", chat(reprise.User("a", reprise.ToolCall{})), "cannot send a reprise.ToolCall"},
		{"reasoning of the user's", chat(reprise.User("a", reprise.Reasoning{Text: "x"})), "cannot send a reprise.Reasoning"},
		{"a result in an answer", chat(assistant(reprise.ToolResult{})), "cannot send a reprise.ToolResult"},
		{"a result without a call", chat(results(reprise.ToolResult{ID: "x"})), `the result of call "x" has no Name`},
		{"a call in a result", chat(results(reprise.ToolResult{ID: "x", Name: "f", Parts: reprise.Parts{reprise.ToolCall{}}})), "cannot send a reprise.ToolCall in the result"},
		{"a schema", hi(func(r *reprise.Request) { r.Tools = []reprise.ToolSpec{{Name: "f", Schema: raw(`{`)}} }), `the schema of tool "f" is not JSON`},
		{"an output schema", hi(func(r *reprise.Request) { r.Output = &reprise.Schema{} }), "the output schema is not JSON"},
		{"a config", hi(func(r *reprise.Request) { r.Tools = []reprise.ToolSpec{{Name: "f", Provider: API, Config: raw(`[]`)}} }), `the config of tool "f"`},
		{"a tool mode", hi(func(r *reprise.Request) {
			r.Tools, r.Choice.Mode = []reprise.ToolSpec{weather}, "sometimes"
		}), `unknown tool mode "sometimes"`},
		{"extra", hi(func(r *reprise.Request) { r.Extra = map[string]json.RawMessage{API: raw(`[]`)} }), `extra["gemini"] is not a JSON object`},
		{"a block", chat(assistant(opaque("x", `{`))), "the data of a x block is not JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, err := range New("gemini-2.5-flash", "k").Stream(t.Context(), c.req) {
				if reprise.KindOf(err) != reprise.KindInvalid || !strings.Contains(err.Error(), c.text) {
					t.Errorf("got %v, want an invalid request with %q", err, c.text)
				}
			}
		})
	}
}

func TestGenerations(t *testing.T) {
	for model, want := range map[string]int{
		"gemini-2.5-flash": 2, "models/gemini-3.1-pro-preview": 3, "gemini-10-x": 10, "gemini-flash-latest": 3, "gemini-2.0-flash-latest": 2,
		"gemini-exp-1206": 0, "gemma-3-27b-it": 0, "endpoints/123": 0, "": 0, "gemini-": 0, "gemini-99999999999999999999": 9999,
	} {
		if got := generation(model); got != want {
			t.Errorf("generation(%q) = %d, want %d", model, got, want)
		}
	}
}
