package openaichat

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

const wholeUsage = `"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14}`

// wholeAnswer is an answer with the members of one message.
func wholeAnswer(members string) string {
	return `{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant",` + members + `},"finish_reason":"stop"}],` + wholeUsage + `}`
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

// TestAnswers reads answers in the forms that servers document.
func TestAnswers(t *testing.T) {
	png := reprise.Media{Type: "image/png", Data: []byte("PNG")}
	const image = `{"type":"image_url","index":0,"image_url":{"url":"data:image/png;base64,UE5H"}}`
	custom := reprise.ToolCall{ID: "a", Name: "run", Args: `{"input":"say \"hi\"\n"}`, Echo: &reprise.Echo{Provider: "openai", Data: raw(`{"type":"custom"}`)}}
	signed := reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`, Echo: &reprise.Echo{Provider: "google", Data: raw(`{"extra_content":{"google":{"thought_signature":"s"}}}`)}}
	manyChoices := []reprise.Warning{{Provider: "openai", Code: reprise.WarnData, Message: "the answer has more choices than one: the others are in Extra"}}
	searched := `{"index":0,"output":"found","type":"search"}`
	for _, c := range []struct {
		name, provider string
		body           string
		want           reprise.Response // ID, Model and Provider are checked to be x, m and the provider; no Reason: stop; no Usage: that of wholeUsage
	}{
		{"both names of reasoning", "vllm", wholeAnswer(`"content":"a","reasoning":"hm","reasoning_content":"hm"`), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Reasoning{Text: "hm"}, reprise.Text{Text: "a"}}}}},
		{"reasoning in the details only", "openrouter", sseOf(delta(`"reasoning_details":[{"type":"reasoning.text","text":"h","index":0}]`), delta(`"reasoning_details":[{"type":"reasoning.text","text":"m","signature":"s","index":0}]`), delta(`"content":"a"`), finishStop, someUsage), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Reasoning{Text: "hm", Echo: &reprise.Echo{Provider: "openrouter", Data: raw(`[{"index":0,"signature":"s","text":"hm","type":"reasoning.text"}]`)}}, reprise.Text{Text: "a"}}}}},
		{"images", "openrouter", wholeAnswer(`"content":"a","images":[` + image + `]`), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "a"}, png}}}},
		{"images of a stream", "openrouter", sseOf(delta(`"content":"a","images":[`+image+`]`), finishStop, someUsage), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "a"}, png}}}},
		{"pieces that are no text", "openrouter", wholeAnswer(`"content":[{"type":"text","text":"a"},` + image + `,{"type":"chart","n":1}]`), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "a"}, png, reprise.Opaque{Provider: "openrouter", Kind: "chart", Data: raw(`{"type":"chart","n":1}`)}}}}},
		{"references", "mistral", wholeAnswer(`"content":[{"type":"text","text":"é"},{"type":"reference","reference_ids":[1]},{"type":"text","text":"!"}]`), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "é!", Citations: []reprise.Citation{{Start: 2, End: 2, Raw: raw(`{"type":"reference","reference_ids":[1]}`)}}}}}}},
		{"tools that the server ran", "groq", wholeAnswer(`"content":"a","executed_tools":[` + searched + `]`), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "a"}, reprise.Opaque{Provider: "groq", Kind: "search", Data: raw(searched)}}}}},
		{"tools that the server ran, in a stream", "groq", sseOf(delta(`"executed_tools":[{"index":0,"type":"search","output":null}]`), delta(`"executed_tools":[{"index":0,"type":"search","output":"found"}]`), delta(`"content":"a"`), finishStop, someUsage), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Opaque{Provider: "groq", Kind: "search", Data: raw(searched)}, reprise.Text{Text: "a"}}}}},
		{"sources of the caller's data", "azure", wholeAnswer(`"content":"a","context":{"citations":[{"url":"u","title":"t","content":"q"}]}`), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{
				reprise.Text{Text: "a", Citations: []reprise.Citation{{URL: "u", Title: "t", Quote: "q", Raw: raw(`{"url":"u","title":"t","content":"q"}`)}}},
				reprise.Opaque{Provider: "azure", Kind: "context", Data: raw(`{"citations":[{"url":"u","title":"t","content":"q"}]}`)}}}}},
		{"sources beside the choices", "perplexity", `{"id":"x","model":"m","citations":["u"],"search_results":[{"url":"u","title":"t","snippet":"q"}],"related_questions":["and?"],"choices":[{"index":0,"finish_reason":"stop","message":{"content":"a"},"delta":{"role":"assistant","content":""}}],` + wholeUsage + `}`, reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "a", Citations: []reprise.Citation{{URL: "u", Title: "t", Quote: "q", Raw: raw(`{"url":"u","title":"t","snippet":"q"}`)}}}}},
			Extra:   map[string]json.RawMessage{"related_questions": raw(`["and?"]`)}}},
		{"sources of a web search", "zai", `{"id":"x","model":"m","web_search":[{"link":"u","title":"t","content":"q"}],"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],` + wholeUsage + `}`, reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Text{Text: "a", Citations: []reprise.Citation{{URL: "u", Title: "t", Quote: "q", Raw: raw(`{"link":"u","title":"t","content":"q"}`)}}}}}}},
		{"the message so far beside the delta", "perplexity", sseOf(
			`{"id":"x","model":"m","choices":[{"index":0,"message":{"content":"a"},"delta":{"content":"a"}}]}`,
			`{"choices":[{"index":0,"message":{"content":"ab"},"delta":{"content":"b"},"finish_reason":"stop"}]}`, someUsage), reprise.Response{
			Message: reprise.Message{Parts: text("ab")}}},
		{"a custom tool", "openai", wholeAnswer(`"content":null,"tool_calls":[{"id":"a","type":"custom","custom":{"name":"run","input":"say \"hi\"\n"}}]`), reprise.Response{
			Message: reprise.Message{Parts: calls(custom)}, Reason: reprise.ReasonToolCalls}},
		{"a custom tool of a stream", "openai", sseOf(delta(`"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"run","input":""}}]`), delta(`"tool_calls":[{"index":0,"custom":{"input":"say \"hi"}}]`), delta(`"tool_calls":[{"index":0,"custom":{"input":"\"\n"}}]`), finishCalls, someUsage), reprise.Response{
			Message: reprise.Message{Parts: calls(custom)}, Reason: reprise.ReasonToolCalls}},
		{"a thought signature", "google", sseOf(delta(`"tool_calls":[{"extra_content":{"google":{"thought_signature":"s"}},"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]`), finishCalls, someUsage), reprise.Response{
			Message: reprise.Message{Parts: calls(signed)}, Reason: reprise.ReasonToolCalls}},
		{"whole calls under one id, and without", "x", wholeAnswer(`"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"a","function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":""}},{"function":{"name":"g","arguments":[1]}}]`), reprise.Response{
			Message: reprise.Message{Parts: calls(reprise.ToolCall{ID: "a", Name: "f", Args: "{}"}, reprise.ToolCall{ID: "a", Name: "f", Args: "{}"}, reprise.ToolCall{ID: "call_0_2", Name: "g"}, reprise.ToolCall{ID: "call_0_3", Name: "g", Args: "[1]"})}, Reason: reprise.ReasonToolCalls}},
		{"calls of a stream under one id, without an index", "x", sseOf(delta(`"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]`), delta(`"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\":2}"}}]`), finishCalls, someUsage), reprise.Response{
			Message: reprise.Message{Parts: calls(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`}, reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":2}`})}, Reason: reprise.ReasonToolCalls}},
		{"arguments under a wrong index", "x", sseOf(delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]`), delta(`"tool_calls":[{"index":1,"function":{"arguments":"{\"x\":1}"}}]`), finishCalls, someUsage), reprise.Response{
			Message: reprise.Message{Parts: calls(reprise.ToolCall{ID: "a", Name: "f", Args: `{"x":1}`})}, Reason: reprise.ReasonToolCalls}},
		{"one call at a time, under a number", "huggingface", sseOf(delta(`"tool_calls":{"index":0,"id":0,"type":"function","function":{"name":"f","arguments":"{\"x\""}}`), delta(`"tool_calls":{"index":0,"id":0,"type":"function","function":{"name":null,"arguments":":1}"}}`), finishCalls, someUsage), reprise.Response{
			Message: reprise.Message{Parts: calls(reprise.ToolCall{ID: "0", Name: "f", Args: `{"x":1}`})}, Reason: reprise.ReasonToolCalls}},
		{"a function call of before tools", "openai", sseOf(delta(`"function_call":{"name":"f","arguments":""}`), delta(`"function_call":{"arguments":"{\"x\":"}`), delta(`"function_call":{"arguments":"1}"}`), `{"choices":[{"delta":{},"finish_reason":"function_call"}]}`, someUsage), reprise.Response{
			Message: reprise.Message{Parts: calls(reprise.ToolCall{ID: "call_0_0", Name: "f", Args: `{"x":1}`})}, Reason: reprise.ReasonToolCalls}},
		{"further choices", "openai", `{"id":"x","model":"m","choices":[{"message":{"content":"a"},"finish_reason":"stop"},{"message":{"content":"b"},"finish_reason":"stop"}],` + wholeUsage + `}`, reprise.Response{
			Message: reprise.Message{Parts: text("a")}, Warnings: manyChoices, Extra: map[string]json.RawMessage{"choices": raw(`[{"message":{"content":"b"},"finish_reason":"stop"}]`)}}},
		{"further choices that say so at their end", "openai", sseOf(delta(`"content":"a"`), `{"choices":[{"delta":{"content":"b"},"index":1}]}`, `{"choices":[{"delta":{"content":"b"},"index":1}]}`, finishStop, someUsage), reprise.Response{
			Message: reprise.Message{Parts: text("a")}, Warnings: manyChoices, Extra: map[string]json.RawMessage{"choices": raw(`[{"delta":{"content":"b"},"index":1},{"delta":{"content":"b"},"index":1}]`)}}},
		{"sound in pieces", "openai", sseOf(delta(`"audio":{"id":"s","transcript":"hi"}`), delta(`"audio":{"data":"UE5"}`), delta(`"audio":{"data":"HUA=="}`), delta(`"audio":{"expires_at":1}`), finishStop, someUsage), reprise.Response{
			Message: reprise.Message{Parts: reprise.Parts{reprise.Media{Type: "audio", ID: "s", Data: []byte("PNGP")}, reprise.Text{Text: "hi"}}}}},
		{"log probabilities", "openai", sseOf(`{"id":"x","model":"m","choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a"}],"refusal":null}}]}`, `{"choices":[{"index":0,"delta":{},"logprobs":{"content":[{"token":"b"}]},"finish_reason":"stop"}]}`, someUsage), reprise.Response{
			Message: reprise.Message{Parts: text("a")}, Extra: map[string]json.RawMessage{"logprobs": raw(`[{"token":"a"},{"token":"b"}]`)}}},
		{"log probabilities as lists", "together", `{"id":"x","model":"m","choices":[{"message":{"content":"a"},"logprobs":{"tokens":["a"],"token_logprobs":[-0.5]},"finish_reason":"stop"}],` + wholeUsage + `}`, reprise.Response{
			Message: reprise.Message{Parts: text("a")}, Extra: map[string]json.RawMessage{"logprobs": raw(`[{"logprob":-0.5,"token":"a"}]`)}}},
		{"nothing, said in other ways", "x", `{"id":"x","model":"m","error":"","choices":[{"index":0,"message":{"content":"a","annotations":"","tool_calls":{},"audio":"","function_call":null},"logprobs":[],"error":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14,"prompt_tokens_details":[],"completion_tokens_details":0},"x_groq":[]}`, reprise.Response{
			Message: reprise.Message{Parts: text("a")}}},
		{"an end mark between spaces", "x", sseOf(delta(`"content":"a"`), finishStop, someUsage, " [DONE] "), reprise.Response{
			Message: reprise.Message{Parts: text("a")}}},
		{"reasoning tokens beside, of a deep search", "perplexity", sseOf(delta(`"content":"a"`), finishStop, `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14,"reasoning_tokens":100}}`), reprise.Response{
			Message: reprise.Message{Parts: text("a")}, Usage: reprise.Usage{Input: 10, Output: 104, Reasoning: ptr(int64(100))}}},
		{"reasoning tokens in the total only", "google", sseOf(delta(`"content":"a"`), finishStop, `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":34}}`), reprise.Response{
			Message: reprise.Message{Parts: text("a")}, Usage: reprise.Usage{Input: 10, Output: 24}}},
		{"cached tokens beside the prompt's", "x", sseOf(delta(`"content":"a"`), finishStop, `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":34,"prompt_tokens_details":{"cached_tokens":20}}}`), reprise.Response{
			Message: reprise.Message{Parts: text("a")}, Usage: reprise.Usage{Input: 30, Output: 4, CacheRead: 20}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := reprise.Collect(ReadResponse(strings.NewReader(c.body), &Dialect{Provider: c.provider}, nil))
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			want.ID, want.Model, want.Provider, want.Message.Role = "x", "m", c.provider, reprise.RoleAssistant
			if want.Reason == "" {
				want.Reason = reprise.ReasonStop
			}
			if want.Usage == (reprise.Usage{}) {
				want.Usage = reprise.Usage{Input: 10, Output: 4}
			}
			if d := cmp.Diff(&want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is kept as it came must be JSON for whoever stores it.
func TestNotQuiteJSON(t *testing.T) {
	for _, members := range []string{
		"\"content\":\"a\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"a\tb\"}]",
		`"content":"a","annotations":[{"type":"\x"}]`,
		`"content":"a","images":[{"type":"\x"}]`,
		`"content":"a","executed_tools":[{"type":"\x"}]`,
		`"content":"a","tool_calls":[{"extra_content":"\x","function":{"name":"f"}}]`,
	} {
		got, err := reprise.Collect(ReadResponse(strings.NewReader(wholeAnswer(members)), &openrouter, nil))
		if err != nil || got.Text() != "a" || len(got.Warnings) != 1 || got.Warnings[0].Code != reprise.WarnData {
			t.Errorf("%s: %v, %q with warnings %v", members, err, got.Text(), got.Warnings)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("%s: %v", members, err)
		}
	}
}

func TestReasons(t *testing.T) {
	for finish, want := range map[string]reprise.FinishReason{
		"stop": reprise.ReasonStop, "eos": reprise.ReasonStop, "eos_token": reprise.ReasonStop, "STOP": reprise.ReasonStop,
		"length": reprise.ReasonLength, "model_length": reprise.ReasonLength, "MAX_TOKENS": reprise.ReasonLength, "model_context_window_exceeded": reprise.ReasonLength,
		"content_filter": reprise.ReasonContentFilter, "content_filter: SAFETY": reprise.ReasonContentFilter, "sensitive": reprise.ReasonContentFilter,
		"something": reprise.ReasonOther,
	} {
		body := sseOf(delta(`"content":"a"`), `{"choices":[{"delta":{},"finish_reason":"`+finish+`"}]}`)
		got, err := reprise.Collect(ReadResponse(strings.NewReader(body), &Dialect{}, nil))
		if err != nil || got.Reason != want {
			t.Errorf("%s: got %s (%v), want %s", finish, got.Reason, err, want)
		}
	}
}
