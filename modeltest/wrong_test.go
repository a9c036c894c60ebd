package modeltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/repriselabs/reprise"
)

func TestRun(t *testing.T) {
	Run(t, toyProvider(func(at Endpoint) reprise.Model { return toy{at: at} }))
}

// TestRunLacks: what an API is said to lack is not asked of it.
func TestRunLacks(t *testing.T) {
	poor := asking(func(r *reprise.Request) {
		r.System, r.Output = nil, nil
		results(func(r *reprise.ToolResult) { r.IsError = false })(r)
		parts(func(p reprise.Part) reprise.Part {
			switch p.(type) {
			case reprise.Media, reprise.Reasoning:
				return nil
			}
			return p
		})(r)
	})
	p := toyProvider(func(at Endpoint) reprise.Model {
		at.Client = &http.Client{Transport: noAuth{at.Client.Transport}}
		return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return each(poor(at).Stream(ctx, req), func(ev reprise.Event) reprise.Event {
				switch ev := ev.(type) {
				case reprise.PartDone:
					switch p := ev.Part.(type) {
					case reprise.ToolCall:
						p.ID = fmt.Sprintf("made_%d_%d", len(req.Messages), ev.Index)
						ev.Part = p
					case reprise.Text:
						p.Refusal = false
						ev.Part = p
					}
					return ev
				case reprise.Finish:
					ev.Usage, ev.Cost = reprise.Usage{Input: ev.Usage.Input, Output: ev.Usage.Output}, nil
					return ev
				}
				return ev
			})
		})
	})
	why := "a toy has none"
	p.Lacks = Lacks{
		Key: why, Address: why, System: why, CallIDs: why, ErrorResults: why, Output: why, Reasoning: why, Refusals: why, Images: why,
		ImageURLs: why, ReasoningTokens: why, CacheReads: why, CacheWrites: why, Cost: why, StreamErrors: why, Wholes: why,
	}
	Run(t, p)
}

// asking is the toy with another request, made of a copy of the right one.
func asking(change func(*reprise.Request)) func(Endpoint) reprise.Model {
	return func(at Endpoint) reprise.Model {
		return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			var own reprise.Request
			b, err := json.Marshal(req)
			if err == nil {
				err = json.Unmarshal(b, &own)
			}
			if err != nil {
				panic(err)
			}
			change(&own)
			return toy{at: at}.Stream(ctx, &own)
		})
	}
}

// parts changes the parts that are sent; a nil takes one out.
func parts(change func(reprise.Part) reprise.Part) func(*reprise.Request) {
	return func(r *reprise.Request) {
		for i, m := range r.Messages {
			var kept reprise.Parts
			for _, p := range m.Parts {
				if p = change(p); p != nil {
					kept = append(kept, p)
				}
			}
			r.Messages[i].Parts = kept
		}
	}
}

// results changes the results that are sent.
func results(change func(*reprise.ToolResult)) func(*reprise.Request) {
	return parts(func(p reprise.Part) reprise.Part {
		if r, ok := p.(reprise.ToolResult); ok {
			change(&r)
			return r
		}
		return p
	})
}

// telling is the toy with other events.
func telling(change func(iter.Seq2[reprise.Event, error]) iter.Seq2[reprise.Event, error]) func(Endpoint) reprise.Model {
	return func(at Endpoint) reprise.Model {
		return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return change(toy{at: at}.Stream(ctx, req))
		})
	}
}

// events changes each event; a nil takes one out.
func events(change func(reprise.Event) reprise.Event) func(Endpoint) reprise.Model {
	return telling(func(stream iter.Seq2[reprise.Event, error]) iter.Seq2[reprise.Event, error] {
		return each(stream, change)
	})
}

func each(stream iter.Seq2[reprise.Event, error], change func(reprise.Event) reprise.Event) iter.Seq2[reprise.Event, error] {
	return func(yield func(reprise.Event, error) bool) {
		for ev, err := range stream {
			if err == nil {
				if ev = change(ev); ev == nil {
					continue
				}
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

// finish changes the end of each answer.
func finish(change func(*reprise.Finish)) func(Endpoint) reprise.Model {
	return events(func(ev reprise.Event) reprise.Event {
		if f, ok := ev.(reprise.Finish); ok {
			change(&f)
			return f
		}
		return ev
	})
}

// inContext is the toy in another context.
func inContext(change func(context.Context) context.Context) func(Endpoint) reprise.Model {
	return func(at Endpoint) reprise.Model {
		return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return toy{at: at}.Stream(change(ctx), req)
		})
	}
}

// made is the toy with some of its own faults.
func made(wrong toy) func(Endpoint) reprise.Model {
	return func(at Endpoint) reprise.Model {
		wrong.at = at
		return wrong
	}
}

func kinds(from, to reprise.Kind) func(reprise.Kind) reprise.Kind {
	return func(k reprise.Kind) reprise.Kind {
		if k == from {
			return to
		}
		return k
	}
}

// noAuth is a transport that takes the key off.
type noAuth struct{ http.RoundTripper }

func (n noAuth) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Authorization")
	return n.RoundTripper.RoundTrip(r)
}

// wrongModels are models with one fault each, and the checks that must see it.
var wrongModels = []struct {
	name  string
	model func(Endpoint) reprise.Model
	fails []string
}{
	{"changes what the user says", asking(parts(func(p reprise.Part) reprise.Part {
		if t, ok := p.(reprise.Text); ok {
			return text(strings.TrimSpace(strings.ReplaceAll(t.Text, "\r\n", "\n")))
		}
		return p
	})), []string{"a text goes there and another comes back"}},
	{"sends only the last message", asking(func(r *reprise.Request) { r.Messages = r.Messages[len(r.Messages)-1:] }), []string{"a conversation arrives whole and in order"}},
	{"forgets the system prompt", asking(func(r *reprise.Request) { r.System = nil }), []string{"the system prompt arrives"}},
	{"drops a setting silently", asking(func(r *reprise.Request) { r.TopK = nil }), []string{"a setting arrives, or a warning says that it cannot"}},
	{"appends to the messages", func(at Endpoint) reprise.Model {
		return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			_ = append(req.Messages, reprise.User("mine"))
			return toy{at: at}.Stream(ctx, req)
		})
	}, []string{"the request stays as it is"}},
	{"sends the time", asking(func(r *reprise.Request) {
		time.Sleep(time.Second) // of the bubble's time
		r.Extra = map[string]json.RawMessage{"toy": json.RawMessage(fmt.Sprintf("%q", time.Now()))}
	}), []string{"the same request is sent the same"}},
	{"asks at once", func(at Endpoint) reprise.Model {
		return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			r, err := reprise.Generate(ctx, toy{at: at}, req)
			return func(yield func(reprise.Event, error) bool) {
				if err != nil {
					yield(nil, err)
					return
				}
				Events(r)(yield)
			}
		})
	}, []string{"nothing is sent before the loop begins"}},

	{"yields no deltas", events(func(ev reprise.Event) reprise.Event {
		switch ev.(type) {
		case reprise.TextDelta, reprise.ArgsDelta, reprise.ReasoningDelta:
			return nil
		}
		return ev
	}), []string{"events come in order and add up"}},
	{"yields no parts", events(func(ev reprise.Event) reprise.Event {
		if _, ok := ev.(reprise.PartDone); ok {
			return nil
		}
		return ev
	}), []string{"events come in order and add up"}},
	{"says twice that a part is done", telling(func(stream iter.Seq2[reprise.Event, error]) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			for ev, err := range stream {
				if _, ok := ev.(reprise.PartDone); ok && !yield(ev, err) || !yield(ev, err) {
					return
				}
			}
		}
	}), []string{"events come in order and add up"}},
	{"goes on after the end", telling(func(stream iter.Seq2[reprise.Event, error]) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			for ev, err := range stream {
				if !yield(ev, err) {
					return
				}
			}
			yield(reprise.Warning{}, nil)
		}
	}), []string{"events come in order and add up", "a wrong key is an error of kind auth"}},
	{"never ends", events(func(ev reprise.Event) reprise.Event {
		if _, ok := ev.(reprise.Finish); ok {
			return nil
		}
		return ev
	}), []string{"events come in order and add up", "a text goes there and another comes back"}},
	{"gathers all events first", telling(func(stream iter.Seq2[reprise.Event, error]) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			r, err := reprise.Collect(stream)
			if err != nil {
				yield(nil, err)
				return
			}
			Events(r)(yield)
		}
	}), []string{"an event comes when it is written", "an error in mid-stream keeps what was there", "a broken connection is an error, wherever it breaks", "a cancel in mid-stream ends everything"}},
	{"reads half of a whole answer", made(toy{forgetsHalf: true}), []string{"an answer that comes as a whole is the same"}},
	{"always says stop", finish(func(f *reprise.Finish) { f.Reason = reprise.ReasonStop }), []string{"an answer that reached the limit says so", "a tool is offered, called and answered"}},
	{"takes a refusal for a text", events(func(ev reprise.Event) reprise.Event {
		if done, ok := ev.(reprise.PartDone); ok {
			if t, ok := done.Part.(reprise.Text); ok {
				t.Refusal = false
				done.Part = t
			}
			return done
		}
		return ev
	}), []string{"a refusal is told from a text"}},

	{"forgets the schemas", asking(func(r *reprise.Request) {
		for i := range r.Tools {
			r.Tools[i].Schema = nil
		}
	}), []string{"a tool is offered, called and answered"}},
	{"mixes up the results", asking(func(r *reprise.Request) {
		for _, m := range r.Messages {
			if m.Role == reprise.RoleTool {
				slices.Reverse(m.Parts)
			}
		}
	}), []string{"parallel calls and their results keep their order"}},
	{"gives every call one id", events(func(ev reprise.Event) reprise.Event {
		if done, ok := ev.(reprise.PartDone); ok {
			if c, ok := done.Part.(reprise.ToolCall); ok {
				c.ID = "call00001"
				done.Part = c
			}
			return done
		}
		return ev
	}), []string{"parallel calls and their results keep their order"}},
	{"has null for no arguments", events(func(ev reprise.Event) reprise.Event {
		if done, ok := ev.(reprise.PartDone); ok {
			if c, ok := done.Part.(reprise.ToolCall); ok && c.Args == "" {
				c.Args = "null"
				done.Part = c
			}
			return done
		}
		return ev
	}), []string{"a tool without arguments is called"}},
	{"keeps errors to itself", asking(results(func(r *reprise.ToolResult) {
		if r.IsError {
			r.Parts = reprise.Parts{text("error")}
		}
	})), []string{"what a tool says of its error arrives"}},
	{"does not mark errors", asking(results(func(r *reprise.ToolResult) { r.IsError = false })), []string{"a tool's error is marked as one"}},
	{"chooses by itself", asking(func(r *reprise.Request) { r.Choice = reprise.ToolChoice{} }), []string{"the choice of tools arrives"}},
	{"forgets the output schema", asking(func(r *reprise.Request) { r.Output = nil }), []string{"structured output is asked for"}},

	{"sends reasoning without its echo", asking(parts(func(p reprise.Part) reprise.Part {
		if r, ok := p.(reprise.Reasoning); ok {
			return reprise.Reasoning{Text: r.Text}
		}
		return p
	})), []string{"reasoning goes back byte for byte over three turns"}},
	{"sends calls without their echo", asking(parts(func(p reprise.Part) reprise.Part {
		if c, ok := p.(reprise.ToolCall); ok {
			c.Echo = nil
			return c
		}
		return p
	})), []string{"reasoning goes back byte for byte over three turns"}},
	{"sends an echo that is only as good as the same", asking(parts(func(p reprise.Part) reprise.Part {
		if r, ok := p.(reprise.Reasoning); ok && r.Echo != nil && r.Echo.Provider == "toy" {
			return reprise.Reasoning{Text: r.Text, Echo: &reprise.Echo{Provider: "toy", Data: json.RawMessage(strings.Replace(string(r.Echo.Data), "s", `\u0073`, 1))}}
		}
		return p
	})), []string{"reasoning goes back byte for byte over three turns"}},
	{"sends what is another's", made(toy{sendsForeign: true}), []string{"what another provider hid stays here, with a warning"}},
	{"does not warn", made(toy{silent: true}), []string{"what another provider hid stays here, with a warning"}},
	{"loses bytes of images", asking(parts(func(p reprise.Part) reprise.Part {
		if m, ok := p.(reprise.Media); ok && len(m.Data) > 0 {
			m.Data = m.Data[1:]
			return m
		}
		return p
	})), []string{"an image arrives"}},
	{"loses images by address", asking(parts(func(p reprise.Part) reprise.Part {
		if m, ok := p.(reprise.Media); ok && m.URL != "" {
			return nil
		}
		return p
	})), []string{"an image by address arrives"}},

	{"takes the cache off the input", finish(func(f *reprise.Finish) { f.Usage.Input -= f.Usage.CacheRead }), []string{"input includes the cache, output the reasoning"}},
	{"forgets the cost", finish(func(f *reprise.Finish) { f.Cost = nil }), []string{"the cost is what the provider says"}},

	{"sends no key", func(at Endpoint) reprise.Model {
		at.Client = &http.Client{Transport: noAuth{at.Client.Transport}}
		return toy{at: at}
	}, []string{"the key goes with the request"}},
	{"asks without a key", func(at Endpoint) reprise.Model {
		if at.BaseURL == "" {
			at.BaseURL = "http://toy.example.org"
		}
		return toy{at: at}
	}, []string{"no key is an error before the network is reached"}},
	{"keeps a key of its own", func(at Endpoint) reprise.Model {
		if at.Key == "" {
			at.Key = "another"
		}
		return toy{at: at}
	}, []string{"no key is an error before the network is reached"}},
	{"takes a wrong key for a wrong request", made(toy{kind: kinds(reprise.KindAuth, reprise.KindInvalid)}), []string{"a wrong key is an error of kind auth"}},
	{"does not read how long to wait", made(toy{refused: func(e *reprise.Error) { e.RetryAfter = 0 }}), []string{"a rate limit tells in seconds how long to wait", "a rate limit tells by date how long to wait"}},
	{"reads no dates", made(toy{refused: func(e *reprise.Error) {
		if e.RetryAfter > time.Minute {
			e.RetryAfter = 0
		}
	}}), []string{"a rate limit tells by date how long to wait"}},
	{"loses the id of a request", made(toy{refused: func(e *reprise.Error) { e.RequestID = "" }}), []string{"a broken provider is an error that names the request"}},
	{"takes an overload for a breakdown", made(toy{kind: kinds(reprise.KindOverloaded, reprise.KindServer)}), []string{"an overload is an error of kind overloaded", "an error in mid-stream keeps what was there"}},
	{"takes a page for an answer", made(toy{guesses: true}), []string{"a page that is no answer is an error"}},
	{"takes an empty object for an answer", made(toy{guessesObjects: true}), []string{"an answer without a message is an error"}},
	{"takes a missing provider for a broken one", made(toy{kind: kinds(reprise.KindNetwork, reprise.KindServer)}), []string{"an unreachable provider is an error of kind network"}},
	{"quotes the key", made(toy{quotesKey: true}), []string{"no error holds the key"}},
	{"quotes the key in mid-stream", made(toy{quotesKeyInStream: true}), []string{"no error in an answer holds the key"}},
	{"has errors of no type", telling(func(stream iter.Seq2[reprise.Event, error]) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			for ev, err := range stream {
				if err != nil {
					err = errors.New("something went wrong")
				}
				if !yield(ev, err) {
					return
				}
			}
		}
	}), []string{"a wrong key is an error of kind auth", "an unreachable provider is an error of kind network", "a page that is no answer is an error"}},

	{"takes a broken connection for the end", made(toy{finishesCuts: true}), []string{"a broken connection is an error, wherever it breaks"}},
	{"takes the end of the body for the end of the answer", made(toy{finishesEarly: true}), []string{"a stream that ends too early is an error"}},
	{"takes a cut for a wrong answer", made(toy{kind: kinds(reprise.KindCut, reprise.KindBadResponse)}), []string{"a stream that ends too early is an error"}},
	{"cannot be stopped", inContext(context.WithoutCancel), []string{"a cancel in mid-stream ends everything", "a cancel before the answer begins ends the wait", "a context that is done asks nothing", "a deadline in mid-stream is an error of kind timeout"}},
	{"takes a deadline for a cancel", made(toy{kind: kinds(reprise.KindTimeout, reprise.KindCanceled)}), []string{"a deadline in mid-stream is an error of kind timeout"}},
	{"leaves a goroutine behind", inContext(func(ctx context.Context) context.Context {
		go func() {
			<-ctx.Done()
			select {}
		}()
		return ctx
	}), []string{"a cancel in mid-stream ends everything", "a cancel before the answer begins ends the wait"}},
	{"leaves the connection open", made(toy{keepsOpen: true}), []string{"leaving the loop closes the connection"}},
	{"does not hear that the loop was left", telling(func(stream iter.Seq2[reprise.Event, error]) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			for ev, err := range stream {
				yield(ev, err)
			}
		}
	}), []string{"leaving the loop at any event is the end"}},
	{"serves one after the other", func(at Endpoint) reprise.Model {
		turn := make(chan bool, 1)
		return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			return func(yield func(reprise.Event, error) bool) {
				turn <- true
				defer func() { <-turn }()
				toy{at: at}.Stream(ctx, req)(yield)
			}
		})
	}, []string{"32 goroutines ask one model at once"}},
	{"mixes up its askers", func(at Endpoint) reprise.Model {
		var mu sync.Mutex
		var last reprise.Request
		return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
			mu.Lock()
			last = *req
			mu.Unlock()
			return func(yield func(reprise.Event, error) bool) {
				time.Sleep(time.Second) // of the bubble's time
				mu.Lock()
				mixed := last
				mu.Unlock()
				toy{at: at}.Stream(ctx, &mixed)(yield)
			}
		})
	}, []string{"32 goroutines ask one model at once"}},
}

// wrongProviders are the toy with another end that gets something wrong.
var wrongProviders = []struct {
	name  string
	spoil func(*Provider)
	fails []string
}{
	{"writes a stream at once", func(p *Provider) {
		p.WriteResponse = func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			rec := httptest.NewRecorder()
			warnings, err := writeToy(rec, events, known, stream)
			_, _ = w.Write(rec.Body.Bytes())
			return warnings, err
		}
	}, []string{"an event comes when it is written", "a broken connection is an error, wherever it breaks"}},
	{"cannot write an answer", func(p *Provider) {
		p.WriteResponse = func(w http.ResponseWriter, events iter.Seq2[reprise.Event, error], known *reprise.Response, stream bool) ([]reprise.Warning, error) {
			_, err := writeToy(w, events, known, stream)
			return []reprise.Warning{{Message: "half of it"}}, err
		}
	}, []string{"a text goes there and another comes back"}},
	{"cannot read a request", func(p *Provider) {
		p.ReadRequest = func(*http.Request, []byte) (*reprise.Request, error) { return nil, errors.New("not mine") }
	}, []string{"a text goes there and another comes back"}},
	{"is not complete", func(p *Provider) { p.WriteError = nil }, nil},
	{"has no eyes", func(p *Provider) { p.Lacks.Images = "it has no eyes" }, nil},
}

// wrongVar makes TestWrongModels fail as its models deserve.
const wrongVar = "REPRISE_MODELTEST_WRONG"

// TestWrongModels runs the suite on models and providers that get something
// wrong, in a process of its own where that fails, and looks which checks do.
func TestWrongModels(t *testing.T) {
	if os.Getenv(wrongVar) != "" {
		for _, w := range wrongModels {
			t.Run(w.name, func(t *testing.T) { Run(t, toyProvider(w.model)) })
		}
		for _, w := range wrongProviders {
			t.Run(w.name, func(t *testing.T) {
				p := toyProvider(func(at Endpoint) reprise.Model { return toy{at: at} })
				w.spoil(&p)
				Run(t, p)
			})
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWrongModels$", "-test.v")
	cmd.Env = append(os.Environ(), wrongVar+"=1")
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 || strings.Contains(string(out), "\npanic: ") {
		t.Fatalf("the wrong models give %v:\n%s", err, out)
	}
	failed := map[string]bool{}
	for _, m := range regexp.MustCompile(`--- FAIL: TestWrongModels/(.*) \(`).FindAllStringSubmatch(string(out), -1) {
		failed[m[1]] = true
	}
	seen := map[string]bool{}
	for _, w := range wrongModels {
		for _, name := range w.fails {
			seen[name] = true
			if !failed[rewritten(w.name)+"/"+rewritten(name)] {
				t.Errorf("a model that %s passes %q", w.name, name)
			}
		}
	}
	for _, w := range wrongProviders {
		for _, name := range w.fails {
			if !failed[rewritten(w.name)+"/"+rewritten(name)] {
				t.Errorf("a provider that %s passes %q", w.name, name)
			}
		}
	}
	if !failed["is_not_complete"] || failed["has_no_eyes"] {
		t.Errorf("a provider without WriteError fails: %v; one that says what it lacks: %v", failed["is_not_complete"], failed["has_no_eyes"])
	}
	if !regexp.MustCompile(`(?s)modeltest.go:\d+: it has no eyes\n.*--- SKIP: TestWrongModels/has_no_eyes/an_image_arrives `).Match(out) {
		t.Error("what a provider lacks is not reported as skipped")
	}
	for _, c := range checks {
		if !seen[c.name] {
			t.Errorf("no wrong model shows that %q can fail", c.name)
		}
	}
}

// rewritten is a subtest's name as the output has it.
func rewritten(name string) string { return strings.ReplaceAll(name, " ", "_") }
