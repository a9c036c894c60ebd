package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/cassette"
)

func importCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "import FROM TO",
		Short: "Make a cassette of another tool's recording",
		Long: `Make a cassette of another tool's recording: HAR, vcrpy (YAML or JSON), Ruby VCR,
langchaingo's httprr, or go-vcr's first version. The format is told by the
content. Secrets are taken out.`,
		Example: "  reprise import browser.har testdata/session.yaml",
		Args:    needs(2, 2, "the file to read, or the one to write,"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return importFile(cmd, args[0], args[1], force)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	return cmd
}

func importFile(cmd *cobra.Command, from, to string, force bool) error {
	if _, err := os.Stat(to); !force && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already; --force replaces it", to)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	rec, format, err := cassette.Import(in)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if err := rec.Save(to); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s from %s\n", to, count(len(rec.Interactions), "exchange"), format)
	return nil
}
