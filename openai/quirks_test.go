package openai

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

// sseOf makes an event stream of events, whose type is also their name.
func sseOf(events ...string) string {
	var b strings.Builder
	for _, e := range events {
		var head struct {
			Type string `json:"type"`
		}
		if json.Unmarshal([]byte(e), &head) == nil && head.Type != "" {
			b.WriteString("event: " + head.Type + "\n")
		}
		b.WriteString("data: " + e + "\n\n")
	}
	return b.String()
}

func ev(kind string, output int, members string) string {
	return fmt.Sprintf(`{"type":"response.%s","output_index":%d,%s}`, kind, output, members)
}

func added(output int, item string) string { return ev("output_item.added", output, `"item":`+item) }
func done(output int, item string) string  { return ev("output_item.done", output, `"item":`+item) }

func textDelta(output, piece int, delta string) string {
	return ev("output_text.delta", output, fmt.Sprintf(`"content_index":%d,"delta":%q`, piece, delta))
}

func summaryDelta(output, piece int, delta string) string {
	return ev("reasoning_summary_text.delta", output, fmt.Sprintf(`"summary_index":%d,"delta":%q`, piece, delta))
}

// end is a last event, with some usage and these members.
func end(status, members string) string {
	return `{"type":"response.` + status + `","response":{"id":"resp_1","model":"m","status":"` + status + `"` + members + `,"usage":{"input_tokens":10,"output_tokens":4,"total_tokens":14}}}`
}

const (
	created   = `{"type":"response.created","response":{"id":"resp_1","model":"m","status":"in_progress","store":false,"output":[]}}`
	msgAdded  = `{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}`
	callAdded = `{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_1","name":"f"}`
)

func msg(pieces string) string {
	return `{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[` + pieces + `]}`
}

func outputText(s string) string {
	return fmt.Sprintf(`{"type":"output_text","annotations":[],"logprobs":[],"text":%q}`, s)
}

var (
	completed = end("completed", "")
	hi        = []string{created, added(0, msgAdded), textDelta(0, 0, "H"), textDelta(0, 0, "i"), done(0, msg(outputText("Hi")))}
)

func hiAnd(more ...string) string { return sseOf(append(hi[:len(hi):len(hi)], more...)...) }

func msgEcho(more string) *reprise.Echo {
	return own(`{"item":{"id":"msg_1","status":"completed"}` + more + `}`)
}

// msgText is a text of the message msg_1.
func msgText(s string) reprise.Parts { return reprise.Parts{reprise.Text{Text: s, Echo: msgEcho("")}} }

var quirks = []struct {
	name   string
	stream string
	parts  reprise.Parts
	reason reprise.FinishReason // empty: stop
	usage  reprise.Usage        // zero: that of end
	extra  string
	oddity bool // the deltas do not add up to the parts
	oneWay bool // it does not come back the same
}{
	{
		name:   "text",
		stream: hiAnd(completed),
		parts:  msgText("Hi"),
	},
	{
		name:   "whole",
		stream: `{"id":"resp_1","object":"response","model":"m","status":"completed","error":null,"output":[` + msg(outputText("Hi")) + `],"usage":{"input_tokens":10,"output_tokens":4,"total_tokens":14}}`,
		parts:  msgText("Hi"),
	},
	{
		name: "reasoning, its summaries, and a call",
		stream: sseOf(created, added(0, `{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"half"}`),
			summaryDelta(0, 0, "a"), summaryDelta(0, 0, "b"), summaryDelta(0, 1, "c"),
			done(0, `{"id":"rs_1","type":"reasoning","encrypted_content":"gAAA/+==","summary":[{"type":"summary_text","text":"ab"},{"type":"summary_text","text":"c"}]}`),
			added(1, callAdded), ev("function_call_arguments.delta", 1, `"delta":"{\"x\":"`), ev("function_call_arguments.delta", 1, `"delta":"1}"`), ev("function_call_arguments.done", 1, `"arguments":"{\"x\":1}"`),
			done(1, `{"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"x\":1}","call_id":"call_1","name":"f"}`), completed),
		parts: reprise.Parts{
			reprise.Reasoning{Text: "ab\n\nc", Echo: own(`{"id":"rs_1","type":"reasoning","encrypted_content":"gAAA/+==","summary":[{"type":"summary_text","text":"ab"},{"type":"summary_text","text":"c"}]}`)},
			reprise.ToolCall{ID: "call_1", Name: "f", Args: `{"x":1}`, Echo: own(`{"item":{"id":"fc_1","status":"completed"}}`)},
		},
		reason: reprise.ReasonToolCalls,
	},
	{
		name: "reasoning text of an open model",
		stream: sseOf(added(0, `{"id":"rs_1","type":"reasoning","summary":[]}`), ev("reasoning_text.delta", 0, `"content_index":0,"delta":"hm"`), ev("reasoning_text.delta", 0, `"content_index":0,"delta":"m"`),
			done(0, `{"id":"rs_1","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hmm"}]}`), completed),
		parts: reprise.Parts{reprise.Reasoning{Text: "hmm", Echo: own(`{"id":"rs_1","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hmm"}]}`)}},
	},
	{
		name: "reasoning streamed both in full and in summary: what came first",
		stream: sseOf(added(0, `{"type":"reasoning"}`), summaryDelta(0, 0, "short"), ev("reasoning_text.delta", 0, `"content_index":0,"delta":"long"`),
			done(0, `{"type":"reasoning","summary":[{"text":"short"}],"content":[{"text":"long"}]}`), completed),
		parts: reprise.Parts{reprise.Reasoning{Text: "short", Echo: own(`{"type":"reasoning","summary":[{"text":"short"}],"content":[{"text":"long"}]}`)}},
	},
	{
		name: "two calls at once, interleaved",
		stream: sseOf(added(0, callAdded), added(1, `{"type":"function_call","call_id":"call_2","name":"g","arguments":""}`),
			ev("function_call_arguments.delta", 1, `"delta":"{\"y\""`), ev("function_call_arguments.delta", 0, `"delta":"{\"x\""`), ev("function_call_arguments.delta", 1, `"delta":":2}"`), ev("function_call_arguments.delta", 0, `"delta":":1}"`),
			done(1, `{"type":"function_call","call_id":"call_2","name":"g","arguments":"{\"y\":2}"}`), done(0, `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{\"x\":1}"}`), completed),
		parts:  reprise.Parts{reprise.ToolCall{ID: "call_1", Name: "f", Args: `{"x":1}`}, reprise.ToolCall{ID: "call_2", Name: "g", Args: `{"y":2}`}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name: "a message of several pieces, a refusal among them, and its phase",
		stream: sseOf(added(0, msgAdded), textDelta(0, 0, "a"), textDelta(0, 1, "b"), ev("refusal.delta", 0, `"content_index":2,"delta":"no"`),
			done(0, `{"id":"msg_1","type":"message","phase":"final_answer","role":"assistant","content":[`+outputText("a")+`,`+outputText("b")+`,{"type":"refusal","refusal":"no"}]}`), completed),
		parts: reprise.Parts{
			reprise.Text{Text: "a", Echo: own(`{"item":{"id":"msg_1","phase":"final_answer"}}`)},
			reprise.Text{Text: "b", Echo: own(`{"index":1}`)},
			reprise.Text{Text: "no", Refusal: true, Echo: own(`{"index":2}`)},
		},
		reason: reprise.ReasonRefusal,
	},
	{
		name:   "citations, whose places count characters",
		stream: sseOf(done(0, msg(`{"type":"output_text","text":"é😀 [1] ü [2]","annotations":[{"type":"file_citation","index":8,"file_id":"f","filename":"b.txt"},{"type":"url_citation","start_index":3,"end_index":6,"url":"https://a","title":"A"},{"type":"container_file_citation","start_index":9,"end_index":12,"file_id":"f","filename":"c.txt","container_id":"c"},{"type":"file_path","index":0,"file_id":"p"},{"type":"url_citation","start_index":5,"end_index":99,"url":"https://b"},{"type":"new","index":"x","url":"https://c"}]}`)), completed),
		parts: reprise.Parts{reprise.Text{Text: "é😀 [1] ü [2]", Echo: msgEcho(`,"part":{}`), Citations: []reprise.Citation{
			{Title: "b.txt", Start: 13, End: 13, Raw: json.RawMessage(`{"type":"file_citation","index":8,"file_id":"f","filename":"b.txt"}`)},
			{URL: "https://a", Title: "A", Start: 7, End: 10, Raw: json.RawMessage(`{"type":"url_citation","start_index":3,"end_index":6,"url":"https://a","title":"A"}`)},
			{Title: "c.txt", Start: 14, End: 17, Raw: json.RawMessage(`{"type":"container_file_citation","start_index":9,"end_index":12,"file_id":"f","filename":"c.txt","container_id":"c"}`)},
			{Raw: json.RawMessage(`{"type":"file_path","index":0,"file_id":"p"}`)},
			{URL: "https://b", Raw: json.RawMessage(`{"type":"url_citation","start_index":5,"end_index":99,"url":"https://b"}`)},
			{URL: "https://c", Raw: json.RawMessage(`{"type":"new","index":"x","url":"https://c"}`)},
		}}},
	},
	{
		name:   "log probabilities stay with the text",
		stream: sseOf(done(0, msg(`{"type":"output_text","text":"a","annotations":[],"logprobs":[{"token":"a","logprob":-1}]}`)), completed),
		parts:  reprise.Parts{reprise.Text{Text: "a", Echo: msgEcho(`,"part":{"logprobs":[{"token":"a","logprob":-1}]}`)}},
	},
	{
		name: "what the provider ran, and what is not known, stays as it is",
		stream: sseOf(added(0, `{"id":"ws_1","type":"web_search_call","status":"in_progress"}`), ev("web_search_call.searching", 0, `"item_id":"ws_1"`), done(0, `{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}`),
			done(1, `{"id":"ci_1","type":"code_interpreter_call","code":"1","container_id":"c","outputs":null,"status":"completed"}`),
			ev("code_interpreter_call_code.delta", 1, `"delta":"1"`),
			done(2, `{"id":"mcp_1","type":"mcp_call","name":"n","arguments":"{}","server_label":"l","output":"o"}`), done(3, `{"id":"n_1","type":"new_thing","x": 1.50}`),
			done(4, `{"id":"sh_1","type":"shell_call","call_id":"c","action":{},"environment":{"type":"container_reference","container_id":"x"}}`), completed),
		parts: reprise.Parts{
			opaque("web_search_call", `{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}`),
			opaque("code_interpreter_call", `{"id":"ci_1","type":"code_interpreter_call","code":"1","container_id":"c","outputs":null,"status":"completed"}`),
			opaque("mcp_call", `{"id":"mcp_1","type":"mcp_call","name":"n","arguments":"{}","server_label":"l","output":"o"}`),
			opaque("new_thing", `{"id":"n_1","type":"new_thing","x": 1.50}`),
			opaque("shell_call", `{"id":"sh_1","type":"shell_call","call_id":"c","action":{},"environment":{"type":"container_reference","container_id":"x"}}`),
		},
	},
	{
		name: "a generated image",
		stream: sseOf(added(0, `{"id":"ig_1","type":"image_generation_call","status":"in_progress"}`), ev("image_generation_call.partial_image", 0, `"partial_image_b64":"eA=="`),
			done(0, `{"id":"ig_1","type":"image_generation_call","status":"completed","output_format":"webp","result":"d2VicA=="}`), done(1, `{"id":"ig_2","type":"image_generation_call","status":"failed","result":null}`), completed),
		parts: reprise.Parts{
			reprise.Media{Type: "image/webp", Data: []byte("webp"), Echo: own(`{"item":{"id":"ig_1","type":"image_generation_call","status":"completed","output_format":"webp"}}`)},
			opaque("image_generation_call", `{"id":"ig_2","type":"image_generation_call","status":"failed","result":null}`),
		},
	},
	{
		name: "calls of the provider's tools that the caller runs",
		stream: sseOf(added(0, `{"id":"ctc_1","type":"custom_tool_call","call_id":"1","name":"sql","input":""}`), ev("custom_tool_call_input.delta", 0, `"delta":"say \"é"`), ev("custom_tool_call_input.delta", 0, `"delta":"\"\n"`),
			done(0, `{"id":"ctc_1","type":"custom_tool_call","call_id":"1","name":"sql","input":"say \"\u00e9\"\n"}`),
			done(1, `{"id":"cc_1","type":"computer_call","call_id":"2","status":"completed","action":{"type":"click","x": 1},"pending_safety_checks":[]}`),
			done(2, `{"id":"sh_1","type":"shell_call","call_id":"3","action":{"commands":["ls"]},"environment":{"type":"local"}}`),
			done(3, `{"id":"ap_1","type":"apply_patch_call","call_id":"4","operation":{"type":"delete_file"}}`),
			done(4, `{"id":"ls_1","type":"local_shell_call","call_id":"5","action":{"type":"exec"}}`), completed),
		parts: reprise.Parts{
			reprise.ToolCall{ID: "1", Name: "sql", Args: `{"input":"say \"é\"\n"}`, Echo: own(`{"item":{"id":"ctc_1","type":"custom_tool_call"}}`)},
			reprise.ToolCall{ID: "2", Name: "computer", Args: `{"action":{"type":"click","x": 1},"pending_safety_checks":[]}`, Echo: own(`{"item":{"id":"cc_1","type":"computer_call","status":"completed"}}`)},
			reprise.ToolCall{ID: "3", Name: "shell", Args: `{"action":{"commands":["ls"]}}`, Echo: own(`{"item":{"id":"sh_1","type":"shell_call","environment":{"type":"local"}}}`)},
			reprise.ToolCall{ID: "4", Name: "apply_patch", Args: `{"operation":{"type":"delete_file"}}`, Echo: own(`{"item":{"id":"ap_1","type":"apply_patch_call"}}`)},
			reprise.ToolCall{ID: "5", Name: "local_shell", Args: `{"action":{"type":"exec"}}`, Echo: own(`{"item":{"id":"ls_1","type":"local_shell_call"}}`)},
		},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "a token limit, with the usage and the reason",
		stream: sseOf(added(0, msgAdded), textDelta(0, 0, "Once"), done(0, `{"id":"msg_1","type":"message","status":"incomplete","role":"assistant","content":[`+outputText("Once")+`]}`), end("incomplete", `,"incomplete_details":{"reason":"max_output_tokens"},"service_tier":"flex"`)),
		parts:  reprise.Parts{reprise.Text{Text: "Once", Echo: own(`{"item":{"id":"msg_1","status":"incomplete"}}`)}},
		reason: reprise.ReasonLength,
		extra:  `{"incomplete_details":{"reason":"max_output_tokens"},"service_tier":"flex"}`,
	},
	{
		name:   "a filter",
		stream: hiAnd(end("incomplete", `,"incomplete_details":{"reason":"content_filter"}`)),
		parts:  msgText("Hi"),
		reason: reprise.ReasonContentFilter,
		extra:  `{"incomplete_details":{"reason":"content_filter"}}`,
	},
	{
		name:   "another reason to stop early",
		stream: hiAnd(end("incomplete", `,"incomplete_details":{"reason":"steered"}`)),
		parts:  msgText("Hi"),
		reason: reprise.ReasonOther,
		extra:  `{"incomplete_details":{"reason":"steered"}}`,
	},
	{
		name:   "an answer that the provider keeps",
		stream: sseOf(strings.Replace(created, `"store":false`, `"store":true`, 1), done(0, `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}`), done(1, msg(outputText("Hi"))), completed),
		parts: reprise.Parts{
			reprise.ToolCall{ID: "call_1", Name: "f", Args: "{}", Echo: own(`{"response":"resp_1"}`)},
			reprise.Text{Text: "Hi", Echo: own(`{"response":"resp_1","item":{"id":"msg_1","status":"completed"}}`)},
		},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "no call id, and no id at all: made from turn and place",
		stream: sseOf(done(0, `{"type":"function_call","id":"fc_1","name":"f","arguments":"{}"}`), done(1, `{"type":"function_call","name":"g","arguments":{"x":1}}`), completed),
		parts:  reprise.Parts{reprise.ToolCall{ID: "fc_1", Name: "f", Args: "{}", Echo: own(`{"item":{"id":"fc_1"}}`)}, reprise.ToolCall{ID: "call_0_1", Name: "g", Args: `{"x":1}`}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "no arguments",
		stream: sseOf(done(0, `{"type":"function_call","call_id":"call_1","name":"f","arguments":""}`), completed),
		parts:  reprise.Parts{reprise.ToolCall{ID: "call_1", Name: "f"}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "items that only the last event tells of, beside those that were told",
		stream: hiAnd(end("completed", `,"output":[`+msg(outputText("Hi"))+`,{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}]`)),
		parts:  append(msgText("Hi"), reprise.ToolCall{ID: "call_1", Name: "f", Args: "{}"}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "an item whose end is not told",
		stream: sseOf(created, added(0, msgAdded), textDelta(0, 0, "Hi"), added(1, callAdded), ev("function_call_arguments.delta", 1, `"delta":"{}"`), completed),
		parts:  reprise.Parts{reprise.Text{Text: "Hi"}, reprise.ToolCall{ID: "call_1", Name: "f", Args: "{}"}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "deltas alone, without numbers",
		stream: sseOf(`{"type":"response.output_text.delta","delta":"H"}`, `{"type":"response.output_text.delta","delta":"i"}`, completed),
		parts:  textOf("Hi"),
	},
	{
		name: "two calls at once, by their ids alone",
		stream: sseOf(`{"type":"response.output_item.added","item":`+callAdded+`}`, `{"type":"response.output_item.added","item":{"id":"fc_2","type":"function_call","call_id":"call_2","name":"g","arguments":""}}`,
			`{"type":"response.function_call_arguments.delta","item_id":"fc_1","delta":"{\"x\":1}"}`, `{"type":"response.function_call_arguments.delta","item_id":"fc_2","delta":"{}"}`,
			`{"type":"response.output_item.done","item":{"id":"fc_1","type":"function_call","call_id":"call_1","name":"f","arguments":"{\"x\":1}"}}`, `{"type":"response.output_item.done","item":{"id":"fc_2","type":"function_call","call_id":"call_2","name":"g","arguments":"{}"}}`, completed),
		parts:  reprise.Parts{reprise.ToolCall{ID: "call_1", Name: "f", Args: `{"x":1}`, Echo: own(`{"item":{"id":"fc_1"}}`)}, reprise.ToolCall{ID: "call_2", Name: "g", Args: "{}", Echo: own(`{"item":{"id":"fc_2"}}`)}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "items whose ids change with every event",
		stream: sseOf(added(0, msgAdded), textDelta(0, 0, "Hi"), done(0, strings.Replace(msg(outputText("Hi")), "msg_1", "msg_2", 1)), completed),
		parts:  reprise.Parts{reprise.Text{Text: "Hi", Echo: own(`{"item":{"id":"msg_2","status":"completed"}}`)}},
	},
	{
		name:   "every item under the number 0",
		stream: sseOf(added(0, msgAdded), textDelta(0, 0, "Hi"), done(0, msg(outputText("Hi"))), added(0, callAdded), ev("function_call_arguments.delta", 0, `"delta":"{}"`), done(0, `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}`), end("completed", `,"output":[`+msg(outputText("Hi"))+`,{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}]`)),
		parts:  append(msgText("Hi"), reprise.ToolCall{ID: "call_1", Name: "f", Args: "{}"}),
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "text that ends otherwise than it was streamed",
		stream: sseOf(added(0, msgAdded), textDelta(0, 0, "Hx"), done(0, msg(outputText("Hi"))), completed),
		parts:  msgText("Hi"),
		oddity: true,
	},
	{
		name:   "items told twice",
		stream: sseOf(added(0, msgAdded), added(0, msgAdded), textDelta(0, 0, "Hi"), done(0, msg(outputText("Hi"))), done(0, msg(outputText("Hi"))), textDelta(0, 0, "!"), completed),
		parts:  msgText("Hi"),
	},
	{
		name:   "items that are none",
		stream: sseOf(`{"type":"response.output_item.added","output_index":0}`, added(0, "5"), done(0, "null"), done(0, "[]"), `{"type":"response.created"}`, end("completed", `,"output":[7]`)),
		parts:  reprise.Parts{},
	},
	{
		name:   "content that is a string",
		stream: sseOf(done(0, `{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":"Hi"}`), completed),
		parts:  msgText("Hi"),
	},
	{
		name:   "text that was streamed, but is not in the item",
		stream: sseOf(added(0, msgAdded), textDelta(0, 0, "Hi"), done(0, msg("")), completed),
		parts:  msgText("Hi"),
	},
	{
		name:   "a call that the provider runs, from its beginning",
		stream: sseOf(added(0, `{"type":"shell_call","call_id":"c","action":{},"environment":{"type":"container_reference"}}`), done(0, `{"type":"shell_call","call_id":"c","action":{},"environment":{"type":"container_reference"}}`), done(1, `{"type":"shell_call_output","call_id":"c","output":[]}`), completed),
		parts: reprise.Parts{
			opaque("shell_call", `{"type":"shell_call","call_id":"c","action":{},"environment":{"type":"container_reference"}}`),
			opaque("shell_call_output", `{"type":"shell_call_output","call_id":"c","output":[]}`),
		},
		oneWay: true, // a result is read as one
	},
	{
		name:   "reasoning and the input of a tool whose ends are not told",
		stream: sseOf(added(0, `{"type":"reasoning"}`), summaryDelta(0, 0, "hm"), added(1, `{"type":"custom_tool_call","call_id":"c","name":"sql"}`), ev("custom_tool_call_input.delta", 1, `"delta":"x\"y"`), completed),
		parts:  reprise.Parts{reprise.Reasoning{Text: "hm"}, reprise.ToolCall{ID: "c", Name: "sql", Args: `{"input":"x\"y"}`, Echo: own(`{"item":{"type":"custom_tool_call"}}`)}},
		reason: reprise.ReasonToolCalls,
	},
	{
		name:   "a message without content",
		stream: sseOf(added(0, msgAdded), done(0, msg("")), completed),
		parts:  reprise.Parts{opaque("message", msg(""))},
	},
	{
		name:   "a piece that is not known, beside a text",
		stream: sseOf(done(0, msg(outputText("a")+`,{"type":"output_audio","data":"x"}`)), completed),
		parts:  append(msgText("a"), opaque("message", `{"type":"message","role":"assistant","content":[{"type":"output_audio","data":"x"}]}`)),
	},
	{
		name:   "types only as names of events, comments, CRLF, a byte order mark, and an end mark",
		stream: "\xef\xbb\xbf: hello\r\n\r\nevent: response.output_text.delta\r\ndata: {\"output_index\":0,\"content_index\":0,\"delta\":\"a\"}\r\n\r\n: ping\r\n\r\nevent: response.completed\r\ndata: {\"response\":{\"usage\":{\"input_tokens\":10,\"output_tokens\":4}}}\r\n\r\ndata: [DONE]\r\n\r\n",
		parts:  textOf("a"),
	},
	{
		name:   "an end mark before anything else that matters, empty data, and unknown events and members",
		stream: "data: \n\ndata: [DONE]\n\n" + hiAnd(`{"type":"keepalive","sequence_number":3}`, `{"type":"response.new.delta","delta":{"x":1},"output_index":0}`, strings.Replace(completed, `"model"`, `"new":{"a":[1]},"model"`, 1)),
		parts:  msgText("Hi"),
	},
	{
		name:   "a last event without a blank line",
		stream: strings.TrimRight(hiAnd(completed), "\n"),
		parts:  msgText("Hi"),
	},
	{
		name:   "an empty answer",
		stream: sseOf(created, end("completed", `,"output":[]`)),
		parts:  reprise.Parts{},
	},
	{
		name:   "escapes and surrogates",
		stream: sseOf(added(0, msgAdded), `{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"\u00e9\ud83d\ude00\n\"\\\/"}`, done(0, msg(`{"type":"output_text","text":"\u00e9\ud83d\ude00\n\"\\\/"}`)), completed),
		parts:  msgText("é😀\n\"\\/"),
	},
	{
		name:   "cached and written tokens, and reasoning inside the output",
		stream: hiAnd(`{"type":"response.completed","response":{"id":"resp_1","model":"m","usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":30},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":40},"total_tokens":150}}}`),
		parts:  msgText("Hi"),
		usage:  reprise.Usage{Input: 100, Output: 50, Reasoning: ptr(int64(40)), CacheRead: 60, CacheWrite: 30},
	},
	{
		name:   "reasoning beside the output, by the total",
		stream: hiAnd(`{"type":"response.completed","response":{"id":"resp_1","model":"m","usage":{"input_tokens":100,"output_tokens":10,"output_tokens_details":{"reasoning_tokens":40},"total_tokens":150}}}`),
		parts:  msgText("Hi"),
		usage:  reprise.Usage{Input: 100, Output: 50, Reasoning: ptr(int64(40))},
	},
}

func TestQuirks(t *testing.T) {
	for _, q := range quirks {
		t.Run(q.name, func(t *testing.T) {
			if q.reason == "" {
				q.reason = reprise.ReasonStop
			}
			if q.usage == (reprise.Usage{}) {
				q.usage = reprise.Usage{Input: 10, Output: 4}
			}
			want := &reprise.Response{
				ID: "resp_1", Provider: "openai", Model: "m", Reason: q.reason, Usage: q.usage,
				Message: reprise.Message{Role: reprise.RoleAssistant, Parts: q.parts},
			}
			if q.extra != "" {
				if err := json.Unmarshal([]byte(q.extra), &want.Extra); err != nil {
					t.Fatal(err)
				}
			}
			got, err := reprise.Collect(ReadResponse(strings.NewReader(q.stream), nil, nil))
			if err != nil {
				t.Fatal(err)
			}
			if got.ID == "" { // where the stream has none
				want.ID, want.Model = "", ""
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			slow, err := reprise.Collect(ReadResponse(iotest.OneByteReader(strings.NewReader(q.stream)), nil, nil))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(got, slow); d != "" {
				t.Errorf("one byte a read (-whole +slow):\n%s", d)
			}
			if !q.oddity {
				deltas(t, q.stream, q.parts)
			}
			if !q.oneWay {
				goesBack(t, got.Message)
			}
		})
	}
}

// deltas checks that the deltas add up to the parts.
func deltas(t *testing.T, stream string, parts reprise.Parts) {
	t.Helper()
	var acc reprise.Accumulator
	for ev, err := range ReadResponse(strings.NewReader(stream), nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := ev.(reprise.PartDone); !ok {
			acc.Add(ev)
		}
	}
	want := reprise.Parts{}
	for _, p := range parts {
		switch p := p.(type) {
		case reprise.Text:
			want = append(want, reprise.Text{Text: p.Text})
		case reprise.Reasoning:
			want = append(want, reprise.Reasoning{Text: p.Text})
		case reprise.ToolCall:
			if p.Args != "" { // where there is nothing to add, there need be no delta
				want = append(want, reprise.ToolCall{ID: p.ID, Name: p.Name, Args: p.Args})
			}
		}
	}
	if d := cmp.Diff(want, acc.Response().Message.Parts); d != "" {
		t.Errorf("deltas (-parts +deltas):\n%s", d)
	}
}

// goesBack checks that an answer, sent back and read again, is the same.
func goesBack(t *testing.T, m reprise.Message) {
	t.Helper()
	req := &reprise.Request{Messages: append(reprise.Ask("hi"), m)}
	req.Messages = append(req.Messages, reprise.User("go on"))
	body, _, err := encode(t.Context(), &Model{Name: "gpt-5"}, req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadRequest(body, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got reprise.Parts
	if len(again.Messages) == 3 {
		got = again.Messages[1].Parts
	}
	var want reprise.Parts
	for i, p := range m.Parts {
		switch q := p.(type) {
		case reprise.Reasoning: // some stays away, which TestRequests shows
			if q.Echo == nil || !isEncrypted(q.Echo.Data) || i+1 == len(m.Parts) {
				continue
			}
		case reprise.ToolCall:
			if q.Args == "" {
				q.Args = "{}"
			}
			q.Echo = withoutResponse(t, q.Echo)
			p = q
		case reprise.Text:
			q.Echo = withoutResponse(t, q.Echo)
			p = q
		}
		want = append(want, p)
	}
	if d := cmp.Diff(want, got, cmp.Transformer("JSON", func(raw json.RawMessage) any { return parseAny(raw) })); d != "" {
		t.Errorf("sent back (-answer +read again):\n%s", d)
	}
}

func withoutResponse(t *testing.T, e *reprise.Echo) *reprise.Echo {
	own, ok := unpack(&openai, e)
	if e != nil && !ok {
		t.Fatalf("cannot read the Echo %s", e.Data)
	}
	own.Response = ""
	return own.pack(&openai)
}

func parseAny(raw json.RawMessage) (v any) {
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	return v
}
