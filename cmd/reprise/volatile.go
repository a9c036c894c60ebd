package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/cassette"
)

func volatileCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "volatile A B",
		Short: "Find what varies between two recordings of the same run",
		Long: `Find what varies in the requests of two recordings of the same run, and print it
as the rules that a cassette's Match.Ignore takes. What depends on the model's
answers varies too, if these do: look at the examples before you use a rule.`,
		Example: "  reprise volatile monday.yaml tuesday.yaml",
		Args:    needs(2, 2, "the second recording"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := cassette.Load(args[0])
			if err != nil {
				return err
			}
			b, err := cassette.Load(args[1])
			if err != nil {
				return err
			}
			found, unpaired := cassette.LearnVolatile(a, b)
			if unpaired > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s without a partner in the other recording\n", count(unpaired, "exchange"))
			}
			if len(found) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "nothing varies")
				return nil
			}
			out := cmd.OutOrStdout()
			fmt.Fprintln(out, "cassette.Match{Ignore: []string{")
			for _, v := range found {
				fmt.Fprintf(out, "\t%s\n", v)
			}
			fmt.Fprintln(out, "}}")
			return nil
		},
	}
}
