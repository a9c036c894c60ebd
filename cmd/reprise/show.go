package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/transcript"
)

func showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show FILE...",
		Short: "Show recordings as conversations, with tokens, cost and time",
		Long: `Show recordings as conversations, with tokens, cost and time.

With --json each file becomes one JSON document on a line of its own. Cost is
what the provider reported, else by the table of prices at the time of the
exchange; what is not known is null.`,
		Example: "  reprise show testdata/TestBoth.yaml\n  reprise show --json run.yaml | jq '.exchanges[].response.usage'",
		Args:    needs(1, -1, "the file"),
		RunE: func(cmd *cobra.Command, files []string) error {
			show := showText
			if asJSON {
				show = showJSON
			}
			var errs []error
			for _, file := range files {
				rec, err := cassette.Load(file)
				if err == nil {
					err = show(cmd, transcript.Of(file, rec))
				}
				if err != nil {
					errs = append(errs, err)
				}
			}
			return errors.Join(errs...)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document a file")
	return cmd
}

func showJSON(cmd *cobra.Command, doc *transcript.Document) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

func showText(cmd *cobra.Command, doc *transcript.Document) error {
	v := &viewer{w: colored(cmd.OutOrStdout())}
	fmt.Fprintf(v.w, "%s\n", bold.Render(doc.File))
	for i := range doc.Exchanges {
		v.exchange(&doc.Exchanges[i])
	}
	total := tokens(doc.Usage)
	if doc.Cost != nil {
		total += " · cost $" + doc.Cost.USD.String()
	} else {
		total += " · cost unknown"
	}
	_, err := fmt.Fprintf(v.w, "\n%s\n", dim.Render(count(len(doc.Exchanges), "exchange")+" · "+total))
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
