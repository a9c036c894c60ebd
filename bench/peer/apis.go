package peer

import (
	"bytes"
	"fmt"
	"strings"
)

// The streams of the other APIs: text deltas, as [Text].
const (
	Messages  = "messages"  // Anthropic's
	Responses = "responses" // OpenAI's newer one
	Gemini    = "gemini"    // Google's
)

// padding is what Anthropic puts behind a value.
var padding = []string{"", " ", "      ", "         "}

func messagesStream(size int) []byte {
	var b bytes.Buffer
	b.WriteString("event: message_start\n" + `data: {"type":"message_start","message":{"model":"claude-sonnet-4-20250514","id":"msg_019NrbUUum1q7ooQRs42Rzrz","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1652,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":8,"service_tier":"standard"}} }` + "\n\n")
	b.WriteString("event: content_block_start\n" + `data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}          }` + "\n\n" + "event: ping\ndata: {\"type\": \"ping\"}\n\n")
	for i := range size {
		fmt.Fprintf(&b, "event: content_block_delta\n"+`data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}%s}`+"\n\n", words[i%len(words)], padding[i%len(padding)])
	}
	b.WriteString("event: content_block_stop\n" + `data: {"type":"content_block_stop","index":0         }` + "\n\n")
	fmt.Fprintf(&b, "event: message_delta\n"+`data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":1652,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":%d}    }`+"\n\n", size)
	b.WriteString("event: message_stop\n" + `data: {"type":"message_stop"        }` + "\n\n")
	return b.Bytes()
}

func responsesStream(size int) []byte {
	var b bytes.Buffer
	n := 0
	event := func(kind, members string) {
		fmt.Fprintf(&b, "event: %s\ndata: {\"type\":\"%s\",%s,\"sequence_number\":%d}\n\n", kind, kind, members, n)
		n++
	}
	response := func(status, output, usage string) string {
		return `"response":{"id":"resp_019d0fbf74a564d6016a3c117e5b1c81","object":"response","created_at":1782321534,"status":"` + status + `","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":4000,"model":"gpt-5-mini","output":[` + output + `],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":"medium","summary":null},"service_tier":"auto","store":false,"temperature":1.0,"text":{"format":{"type":"text"},"verbosity":"medium"},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,"truncation":"disabled","usage":` + usage + `,"user":null,"metadata":{}}`
	}
	const id = "msg_019d0fbf74a564d6016a3c1181bdbc81"
	event("response.created", response("in_progress", "", "null"))
	event("response.in_progress", response("in_progress", "", "null"))
	event("response.output_item.added", `"item":{"id":"`+id+`","type":"message","status":"in_progress","content":[],"role":"assistant"},"output_index":0`)
	event("response.content_part.added", `"content_index":0,"item_id":"`+id+`","output_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}`)
	var text strings.Builder
	const pad = "xK9mQ2vR7pL4wZ1"
	for i := range size {
		w := words[i%len(words)]
		text.WriteString(w)
		event("response.output_text.delta", `"content_index":0,"delta":"`+w+`","item_id":"`+id+`","logprobs":[],"obfuscation":"`+pad[len(w):]+`","output_index":0`)
	}
	part := `{"type":"output_text","annotations":[],"logprobs":[],"text":"` + text.String() + `"}`
	item := `{"id":"` + id + `","type":"message","status":"completed","content":[` + part + `],"role":"assistant"}`
	event("response.output_text.done", `"content_index":0,"item_id":"`+id+`","logprobs":[],"output_index":0,"text":"`+text.String()+`"`)
	event("response.content_part.done", `"content_index":0,"item_id":"`+id+`","output_index":0,"part":`+part)
	event("response.output_item.done", `"item":`+item+`,"output_index":0`)
	event("response.completed", response("completed", item, fmt.Sprintf(`{"input_tokens":19,"input_tokens_details":{"cached_tokens":0},"output_tokens":%d,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":%d}`, size, 19+size)))
	return b.Bytes()
}

func geminiStream(size int) []byte {
	var b bytes.Buffer
	for i := range size {
		finish := ""
		if i == size-1 {
			finish = `"finishReason": "STOP",`
		}
		fmt.Fprintf(&b, `data: {"candidates": [{"content": {"parts": [{"text": "%s"}],"role": "model"},%s"index": 0}],"usageMetadata": {"promptTokenCount": 38,"candidatesTokenCount": %d,"totalTokenCount": %d,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 38}],"thoughtsTokenCount": 146},"modelVersion": "gemini-2.5-flash","responseId": "9wCzae3oCajRz7IPsNKWsA4"}`+"\r\n\r\n", words[i%len(words)], finish, i+1, 185+i)
	}
	return b.Bytes()
}
