package reprise_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/repriselabs/reprise"
)

// counting is a model that answers "the sky", and counts how often.
func counting(asked *int) reprise.Model {
	return reprise.ModelFunc(func(context.Context, *reprise.Request) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			*asked++
			if yield(reprise.PartDone{Part: reprise.Text{Text: "the sky"}}, nil) {
				yield(reprise.Finish{Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 8, Output: 2}}, nil)
			}
		}
	})
}

// flaky is a model that is overloaded the first few times that it is asked.
func flaky(times int) reprise.Model {
	asked := 0
	return reprise.ModelFunc(func(ctx context.Context, req *reprise.Request) iter.Seq2[reprise.Event, error] {
		if asked++; asked > times {
			return counting(new(int)).Stream(ctx, req)
		}
		return func(yield func(reprise.Event, error) bool) {
			yield(nil, &reprise.Error{Provider: "flaky", Kind: reprise.KindOverloaded, Err: errors.New("come back later")})
		}
	})
}

// slow is a model that never says anything.
func slow() reprise.Model {
	return reprise.ModelFunc(func(ctx context.Context, _ *reprise.Request) iter.Seq2[reprise.Event, error] {
		return func(yield func(reprise.Event, error) bool) {
			<-ctx.Done()
			yield(nil, ctx.Err())
		}
	})
}

var question = &reprise.Request{Messages: reprise.Ask("What is up?")}

func ExampleRetry() {
	model := &reprise.Retry{Model: flaky(2), Attempts: 3, Wait: time.Millisecond}
	resp, err := reprise.Generate(context.Background(), model, question)
	fmt.Println(resp.Text(), err)
	for _, w := range resp.Warnings {
		fmt.Println(w.Code)
	}
	// Output:
	// the sky <nil>
	// retry
	// retry
}

func ExampleFallback() {
	model := &reprise.Fallback{Models: []reprise.Model{flaky(1), counting(new(int))}}
	resp, err := reprise.Generate(context.Background(), model, question)
	fmt.Println(resp.Text(), err)
	fmt.Println(resp.Warnings[0].Message)
	// Output:
	// the sky <nil>
	// model 1 of 2 failed: flaky: come back later; the next is number 2
}

func ExampleHedge() {
	model := &reprise.Hedge{Model: slow(), Second: counting(new(int)), Delay: 10 * time.Millisecond}
	resp, err := reprise.Generate(context.Background(), model, question)
	fmt.Println(resp.Text(), err)
	fmt.Println(resp.Warnings[0].Message)
	// Output:
	// the sky <nil>
	// no output for 10ms: a second request was sent
}

func ExampleLimit() {
	// One Limit for all who share an account.
	model := &reprise.Limit{Model: counting(new(int)), Concurrent: 8, Requests: 500, Tokens: 200_000}
	resp, err := reprise.Generate(context.Background(), model, question)
	fmt.Println(resp.Text(), err)
	// Output: the sky <nil>
}

func ExampleBreaker() {
	model := &reprise.Breaker{Model: flaky(9), Failures: 2, Pause: time.Minute}
	for range 3 {
		_, err := reprise.Generate(context.Background(), model, question)
		fmt.Println(errors.Is(err, reprise.ErrOpen), reprise.KindOf(err))
	}
	// Output:
	// false overloaded
	// false overloaded
	// true overloaded
}

func ExampleTimeout() {
	model := &reprise.Timeout{Model: slow(), First: 10 * time.Millisecond, Idle: time.Minute}
	_, err := reprise.Generate(context.Background(), model, question)
	fmt.Println(err)
	// Output: no output within 10ms; the model: context canceled
}
