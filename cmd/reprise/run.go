package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/models"
	"github.com/repriselabs/reprise/price"
	"github.com/repriselabs/reprise/transcript"
)

type runFlags struct {
	model, system, cassette, maxCost string

	mcp  []string
	json bool
}

func runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] PROMPT|-",
		Short: "Ask a model; with a cassette, replay what is recorded and record the rest",
		Long: `Ask a model. The answer goes to standard output as it comes, all else to
standard error. With --cassette, what the file holds is replayed without key or
network, and what it does not is asked live and recorded there: a run that was
broken off goes on where it stopped.

With --mcp the model may call the tools of an MCP server: a command, which is
started without a shell and does not get the keys of model providers, or a URL
(streamable HTTP). It may be given more than once; NAME=CMD and NAME=URL put
NAME_ in front of the tools' names. With --cassette the lists of tools and the
results of calls are recorded too: what is recorded is not run again, and a run
that is all recorded starts no server. A call that may do harm and was broken
off is not repeated but reported.

The key comes from the provider's usual variable, such as XAI_API_KEY. Providers:
` + strings.Join(models.Providers(), ", ") + `.`,
		Example: `  reprise run 'Say hello in Portuguese'
  reprise run --model openai/gpt-4o --cassette hello.yaml 'Say hello in Portuguese'
  reprise run --mcp 'npx -y @modelcontextprotocol/server-filesystem .' 'What is in README.md?'
  git diff | reprise run --system 'Write a commit message for this change.' -`,
		Args: needs(1, 1, "the prompt"),
		RunE: func(cmd *cobra.Command, args []string) error {
			prompt, err := promptFrom(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			return runPrompt(cmd, f, prompt)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.model, "model", "xai/grok-code-fast-1", "the model, as `PROVIDER/MODEL`")
	flags.StringVar(&f.system, "system", "", "what the model is told before the prompt")
	flags.StringVar(&f.cassette, "cassette", "", "replay from and record to this `FILE`")
	flags.StringArrayVar(&f.mcp, "mcp", nil, "offer the tools of this MCP server, as `CMD|URL`; repeatable")
	flags.StringVar(&f.maxCost, "max-cost", "", "end the run when it has cost this many `USD`")
	flags.BoolVar(&f.json, "json", false, "print the events of the run, one JSON object a line")
	return cmd
}

// promptFrom is the argument, or with - all of stdin.
func promptFrom(arg string, stdin io.Reader) (string, error) {
	if arg == "-" {
		b, err := io.ReadAll(stdin)
		if err != nil {
			return "", fmt.Errorf("standard input: %w", err)
		}
		arg = string(b)
	}
	if strings.TrimSpace(arg) == "" {
		return "", usageError{errors.New("the prompt is empty")}
	}
	return arg, nil
}

func runPrompt(cmd *cobra.Command, f runFlags, prompt string) (err error) {
	name, err := models.Parse(f.model)
	if err != nil {
		return usageError{err}
	}
	maxCost, err := costLimit(f.maxCost)
	if err != nil {
		return err
	}
	config := models.Config{Getenv: os.Getenv}
	noKey := keyMissing(name)
	var tape *cassette.Cassette
	switch {
	case noKey != nil && !exists(f.cassette):
		return noKey
	case f.cassette != "":
		tape = &cassette.Cassette{File: f.cassette, Mode: cassette.Append, Explain: transcript.Explain}
		defer func() {
			if closed := tape.Close(); !errors.Is(err, closed) { // the run may have ended for the same reason
				err = errors.Join(err, closed)
			}
		}()
		config.Client = func(network http.RoundTripper) *http.Client {
			if tape.Transport = network; noKey != nil {
				tape.Transport = refuse{noKey}
			}
			return tape.Client()
		}
	}
	model, err := config.Open(f.model)
	if err != nil {
		return err
	}
	a := &agent.Agent{Model: model, System: f.system, Limits: agent.Limits{Cost: maxCost}, Price: priceOf}
	if tape != nil {
		a.Journal = tape
	}
	stop, err := offer(cmd, a, f.mcp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if f.json {
		return runJSON(cmd.Context(), cmd.OutOrStdout(), a, prompt)
	}
	return runText(cmd, a, prompt)
}

// costLimit reads --max-cost; empty is no limit.
func costLimit(text string) (reprise.USD, error) {
	if text == "" {
		return 0, nil
	}
	usd, err := reprise.ParseUSD(strings.TrimPrefix(text, "$"))
	if err != nil || usd <= 0 {
		return 0, usageError{fmt.Errorf("--max-cost: %q is not an amount of dollars, such as 0.05", text)}
	}
	return usd, nil
}

// priceOf is what an answer costs today, by the table of prices.
func priceOf(r *reprise.Response) (reprise.USD, bool) {
	return price.Of(r.Provider, r.Model, time.Now(), r.Usage)
}

// keyMissing is the error of a provider's key that is not set.
func keyMissing(name models.Name) error {
	if name.HasKey(os.Getenv) {
		return nil
	}
	return fmt.Errorf("no key for %s: set %s; 'reprise demo' needs none", name.Provider, name.KeyVar)
}

// exists reports whether there is a recording.
func exists(file string) bool {
	_, err := os.Stat(file)
	return !errors.Is(err, fs.ErrNotExist)
}

// refuse is a network that is not to be reached, and why.
type refuse struct{ err error }

func (r refuse) RoundTrip(*http.Request) (*http.Response, error) { return nil, r.err }

func runText(cmd *cobra.Command, a *agent.Agent, prompt string) error {
	p := newPrinter(cmd.OutOrStdout(), cmd.ErrOrStderr())
	start := time.Now()
	for ev, err := range a.Run(cmd.Context(), reprise.Ask(prompt)) {
		if err != nil {
			p.endText()
			if run := new(agent.RunError); errors.As(err, &run) && run.Result.Usage != (reprise.Usage{}) {
				p.summary(run.Result, since(start))
			}
			return err
		}
		p.event(ev)
		if done, ok := ev.(agent.Done); ok {
			p.summary(done.Result, since(start))
		}
	}
	return p.results.err
}

func since(start time.Time) string { return time.Since(start).Round(time.Millisecond).String() }

// runJSON prints one event a line. An error is the last line too.
func runJSON(ctx context.Context, out io.Writer, a *agent.Agent, prompt string) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for ev, err := range a.Run(ctx, reprise.Ask(prompt)) {
		if err != nil {
			line := map[string]string{"type": "error", "kind": string(reprise.KindOf(err)), "message": err.Error()}
			return errors.Join(err, enc.Encode(line))
		}
		if err := enc.Encode(ev); err != nil {
			return err
		}
	}
	return nil
}
