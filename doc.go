// Package reprise holds the words of which agents, models and recordings are
// made: what a request to a model is, what comes back, and what a tool is. It
// talks to no network, and starts no goroutine of its own accord.
//
// # A model
//
// A [Model] answers a [Request] with a sequence of events. Package openaichat
// and its neighbours have models for the APIs there are; a [ModelFunc] is one
// for tests. [Generate] waits for the whole answer:
//
//	m := openaichat.XAI("grok-code-fast-1", os.Getenv("XAI_API_KEY"))
//	resp, err := reprise.Generate(ctx, m, &reprise.Request{Messages: reprise.Ask("Say hello")})
//	fmt.Println(resp.Text(), resp.Usage.Output)
//
// Ranging over m.Stream instead shows it as it comes: [TextDelta] and its
// like are for eyes, [PartDone] and [Finish] for programs. With an error,
// what had arrived is still there.
//
// # Messages and parts
//
// A conversation is a list of messages, and a message a list of parts:
// [Text], [Reasoning], [Media], [ToolCall], [ToolResult], [CachePoint] and
// [Opaque], which is what only its provider understands. A part's [Echo] is
// what the provider wants back with it. All of it is plain data, with a JSON
// form that keeps everything.
//
// # Tools
//
// [Func] makes a [Tool] of a typed function:
//
//	add := reprise.Func("add", "Add two numbers", func(ctx context.Context, in struct{ A, B int }) (int, error) {
//		return in.A + in.B, nil
//	})
//
// Package agent runs models with tools.
//
// # Around a model
//
// [Retry], [Fallback], [Hedge], [Limit], [Breaker], [Timeout] and [Cache] are
// models around models:
//
//	m := &reprise.Retry{Model: &reprise.Timeout{Model: openaichat.XAI(name, key), Idle: time.Minute}}
//
// [GenerateAs] and [StreamAs] give answers as Go values.
//
// # Tokens, money and errors
//
// [Usage] has one meaning for all providers, [USD] is exact, and what is not
// known is not zero. An [Error] has a [Kind] to decide by.
package reprise
