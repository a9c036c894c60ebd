package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/transcript"
)

func diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff A B",
		Short: "Tell what changed between two recordings, in words of the conversation",
		Long: `Tell what changed between two recordings, in words of the conversation: in the
requests, in the answers, and in what they took. The exit code is 1 if anything
did.`,
		Example: "  reprise diff before.yaml after.yaml",
		Args:    needs(2, 2, "the second recording"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var docs [2]*transcript.Document
			for i, file := range args {
				rec, err := cassette.Load(file)
				if err != nil {
					return err
				}
				docs[i] = transcript.Of(file, rec)
			}
			if changes := diffDocuments(cmd.OutOrStdout(), docs[0], docs[1]); changes > 0 {
				fmt.Fprintln(cmd.OutOrStdout(), total(docs[0]))
				fmt.Fprintln(cmd.OutOrStdout(), total(docs[1]))
				return errReported
			}
			return nil
		},
	}
}

func total(doc *transcript.Document) string {
	cost := "cost unknown"
	if doc.Cost != nil {
		cost = "cost $" + doc.Cost.USD.String()
	}
	return fmt.Sprintf("%s: %s · %s · %s", doc.File, count(len(doc.Exchanges), "exchange"), tokens(doc.Usage), cost)
}

// said is what counts of an exchange when it is compared: not ids, tokens and
// times, which differ every time.
type said struct {
	Request any `json:"request"`
	Answer  any `json:"answer"`
	Reason  any `json:"reason,omitempty"`
	Error   any `json:"error,omitempty"`
}

func saidIn(ex *transcript.Exchange) string {
	s := said{Request: ex.Method + " " + ex.URL, Error: ex.Error}
	if ex.Request != nil {
		s.Request = ex.Request
	}
	if ex.Response != nil {
		s.Answer, s.Reason = ex.Response.Message.Parts, ex.Response.Reason
	}
	b, _ := json.Marshal(s) // decoded exchanges always marshal
	return string(b)
}

// diffDocuments prints the changes, exchange by exchange, and counts them.
func diffDocuments(w io.Writer, a, b *transcript.Document) int {
	changes := 0
	for i := range max(len(a.Exchanges), len(b.Exchanges)) {
		switch {
		case i >= len(b.Exchanges):
			fmt.Fprintf(w, "exchange %d: only in %s\n", i, a.File)
			changes++
			continue
		case i >= len(a.Exchanges):
			fmt.Fprintf(w, "exchange %d: only in %s\n", i, b.File)
			changes++
			continue
		}
		for _, c := range cassette.Diff(saidIn(&a.Exchanges[i]), saidIn(&b.Exchanges[i])) {
			fmt.Fprintf(w, "exchange %d: %s\n", i, c)
			changes++
		}
	}
	return changes
}
