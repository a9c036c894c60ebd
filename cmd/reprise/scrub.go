package main

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/cassette"
)

// secretFlags name secrets besides the usual ones.
type secretFlags struct {
	strings, patterns []string
}

func (f *secretFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.strings, "secret", nil, "this `TEXT` is a secret too (may be repeated)")
	cmd.Flags().StringArrayVar(&f.patterns, "pattern", nil, "what matches this `REGEXP` is a secret too (may be repeated)")
}

func (f *secretFlags) redact() (*cassette.Redact, error) {
	r := &cassette.Redact{Strings: f.strings}
	for _, p := range f.patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, usageError{err}
		}
		r.Patterns = append(r.Patterns, re)
	}
	return r, nil
}

func scrubCommand() *cobra.Command {
	secrets := &secretFlags{}
	var dry bool
	cmd := &cobra.Command{
		Use:   "scrub FILE|DIR...",
		Short: "Take the secrets out of recordings",
		Long: `Take the secrets out of recordings, in place: keys of known shapes, credentials
in headers and addresses, and what --secret and --pattern name. The recordings
still replay: a request is matched on what is left of it. Each file is replaced
as a whole, or not at all.`,
		Example: "  reprise scrub testdata/TestBoth.yaml\n  reprise scrub --dry-run --secret alice@example.org testdata",
		Args:    needs(1, -1, "the file or folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			redact, err := secrets.redact()
			if err != nil {
				return err
			}
			files, err := cassettes(args)
			if err != nil {
				return err
			}
			var errs []error
			for _, file := range files {
				errs = append(errs, scrubFile(cmd, file, redact, dry))
			}
			return errors.Join(errs...)
		},
	}
	secrets.add(cmd)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be taken out")
	return cmd
}

// scrubFile prints what it takes out of a file.
func scrubFile(cmd *cobra.Command, file string, redact *cassette.Redact, dry bool) error {
	rec, err := cassette.Load(file)
	if err != nil {
		return err
	}
	findings := redact.Scrub(rec)
	for _, f := range findings {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", file, f)
	}
	if len(findings) == 0 || dry {
		return nil
	}
	return rec.Save(file)
}
