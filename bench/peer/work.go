// Package peer is what the programs of the benchmark share: what they are
// asked to do, the bytes that they are answered with, and how it is measured.
package peer

import (
	"bytes"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// The kinds of work. A number after a dash is a size: text-1000 is a stream
// of 1,000 deltas of text.
const (
	Text = "text" // content deltas, one word or so each
	Vary = "vary" // the same, with padding that differs in each, as OpenAI's own chunks have it
	Args = "args" // the arguments of one tool call, so many KiB in deltas of 1 KiB
	Seed = "seed" // an agent's run: two requests, two tools called at once between them

	Replay  = "replay" // the same, from a cassette that is read for each run
	Load    = "load"   // read a cassette of so many interactions
	InOrder = "order"  // ask for all that is in it, in order
	Last    = "last"   // ask for the last that is in it
	Record  = "record" // record so many exchanges of the run's second request
	Turns   = "turns"  // an agent of so many turns, each with a tool call
)

// What the agent of the run is told, and the names of its tools.
const (
	Model     = "grok-code-fast-1"
	System    = "You are a helpful assistant. Always use both add and multiply at the same time."
	Prompt    = "Add and multiply the number 2 and 3"
	MaxTokens = 4000
)

//go:embed seed-1.sse
var seedCalls []byte

//go:embed seed-2.sse
var seedAnswer []byte

// Split is a work's kind and size.
func Split(work string) (kind string, size int) {
	kind, n, _ := strings.Cut(work, "-")
	size, _ = strconv.Atoi(n) // the run has no size
	return kind, size
}

// bodies are the answers that were made already.
type bodies map[string][]byte

// answer is the body of the answer to a request for the work.
func (b bodies) answer(work string, request []byte) []byte {
	kind, size := Split(work)
	switch kind {
	case Record:
		return seedAnswer
	case Turns:
		return turn(bytes.Count(request, []byte(`"tool_call_id"`)), size)
	case Seed:
		if bytes.Contains(request, []byte(`"tool_call_id"`)) {
			return seedAnswer
		}
		return seedCalls
	}
	body := b[work]
	if body == nil {
		body = stream(kind, size)
		b[work] = body
	}
	return body
}

// turn is the answer after n results: another call, or at the end a text.
func turn(n, size int) []byte {
	if n+1 >= size {
		return stream(Text, 20)
	}
	var b bytes.Buffer
	for _, w := range words {
		b.WriteString(head + `"reasoning_content":"` + w + `"` + tail)
	}
	fmt.Fprintf(&b, head+`"tool_calls":[{"index":0,"id":"call_%d","type":"function","function":{"name":"add","arguments":"{\"a\":%d,\"b\":3}"}}]`+tail, n, n)
	fmt.Fprintf(&b, head+last, "tool_calls", 40, 371)
	return b.Bytes()
}

// head and tail stand around what changes in a chunk.
const (
	head = `data: {"id":"34fd1eff-a2d7-3ed8-5cf5-1ff1333419bd","object":"chat.completion.chunk","created":1773345608,"model":"grok-code-fast-1","choices":[{"index":0,"delta":{`
	tail = `}}],"system_fingerprint":"fp_99052e9f23"}` + "\n\n"
	last = `},"finish_reason":"%s"}],"system_fingerprint":"fp_99052e9f23"}` + "\n\n" +
		`data: {"id":"34fd1eff-a2d7-3ed8-5cf5-1ff1333419bd","object":"chat.completion.chunk","created":1773345608,"model":"grok-code-fast-1","choices":[],"usage":{"prompt_tokens":331,"completion_tokens":%d,"total_tokens":%d,"prompt_tokens_details":{"text_tokens":331,"audio_tokens":0,"image_tokens":0,"cached_tokens":320},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0},"num_sources_used":0,"cost_in_usd_ticks":5596400},"system_fingerprint":"fp_99052e9f23"}` + "\n\ndata: [DONE]\n\n"
)

// words are what text deltas say, as JSON.
var words = []string{"The", " model", " said", " that", " it", " would", " be", ` \"fine\"`, ",", " and", " so", " it", " was", ".", `\n\n`, " Größe", " counts", " :", " 42", " tokens"}

func stream(kind string, size int) []byte {
	var b bytes.Buffer
	reason := "stop"
	switch kind {
	case Messages:
		return messagesStream(size)
	case Responses:
		return responsesStream(size)
	case Gemini:
		return geminiStream(size)
	case List, Object:
		return elementStream(size)
	case Text:
		for i := range size {
			b.WriteString(head + `"content":"` + words[i%len(words)] + `"` + tail)
		}
	case Vary:
		for i := range size {
			pad := "xK9mQ2vR7pL4wZ1"[:len("xK9mQ2vR7pL4wZ1")-len(words[i%len(words)])]
			b.WriteString(head + `"content":"` + words[i%len(words)] + `"}}],"system_fingerprint":"fp_99052e9f23","obfuscation":"` + pad + strconv.Itoa(i%10) + `"}` + "\n\n")
		}
	case Args:
		reason = "tool_calls"
		b.WriteString(head + `"role":"assistant","tool_calls":[{"index":0,"id":"call_46427107","type":"function","function":{"name":"write","arguments":""}}]` + tail)
		for _, part := range Arguments(size) {
			b.WriteString(head + `"tool_calls":[{"index":0,"function":{"arguments":"` + quoted(part) + `"}}]` + tail)
		}
	}
	fmt.Fprintf(&b, head+last, reason, size, 331+size)
	return b.Bytes()
}

// Arguments are arguments of so many KiB, in pieces of 1 KiB: a program's
// text as one string, as a tool that writes files gets it.
func Arguments(kib int) []string {
	const line = `	if err := encode(out, value); err != nil { return fmt.Errorf(\"line %d: %%w\", err) }\n`
	var b strings.Builder
	b.WriteString(`{"text":"`)
	for i := 0; b.Len() < kib<<10-120; i++ {
		fmt.Fprintf(&b, strings.ReplaceAll(line, "\t", `\t`), i)
	}
	b.WriteString(strings.Repeat(".", kib<<10-b.Len()-2) + `"}`)
	var parts []string
	for s := b.String(); s != ""; s = s[1024:] {
		parts = append(parts, s[:1024])
	}
	return parts
}

// quoted is the text inside a JSON string.
func quoted(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`)
}
