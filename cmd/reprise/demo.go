package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/demo"
	"github.com/repriselabs/reprise/openaichat"
	"github.com/repriselabs/reprise/transcript"
)

func demoCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a recorded run through the real agent: no key, no network",
		Long: `Play a recorded run through the real agent: no key, no network.

An agent with two tools asks xAI's grok-code-fast-1 to add and to multiply. The
model's answers come from a recording; the agent, the client and the tools are
the real ones. A request that differs from the recorded one is an error.`,
		Example: "  reprise demo\n  reprise demo --cassette copy.yaml",
		Args:    needs(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return playDemo(cmd, file)
		},
	}
	cmd.Flags().StringVar(&file, "cassette", "", "play this `FILE` instead of the recording that is built in")
	return cmd
}

func playDemo(cmd *cobra.Command, file string) (err error) {
	tape := &cassette.Cassette{File: file, Explain: transcript.Explain, Rerecord: "leave out --cassette: the recording that is built in is whole"}
	if file == "" {
		tape.File = "(built in)"
		if tape.Recording, err = cassette.Read(bytes.NewReader(demo.Cassette)); err != nil {
			return err
		}
	}
	defer func() {
		if closed := tape.Close(); err == nil { // after an error, what is left over only follows from it
			err = closed
		}
	}()
	model := openaichat.XAI(demo.Model, "")
	model.Client = tape.Client()
	a := &agent.Agent{
		Model: model, System: demo.System, Tools: demo.Tools(),
		Settings: reprise.Request{MaxTokens: demo.MaxTokens},
	}
	p := newPrinter(cmd.OutOrStdout(), cmd.OutOrStdout())
	p.prompt(demo.Prompt)
	for ev, err := range a.Run(cmd.Context(), reprise.Ask(demo.Prompt)) {
		if err != nil {
			return err
		}
		p.event(ev)
		if done, ok := ev.(agent.Done); ok {
			p.summary(done.Result, "from a recording: no key, no network")
		}
	}
	return p.results.err
}
