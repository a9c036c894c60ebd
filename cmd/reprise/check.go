package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/transcript"
)

func checkCommand() *cobra.Command {
	secrets := &secretFlags{}
	cmd := &cobra.Command{
		Use:   "check FILE|DIR...",
		Short: "Check that recordings can be read and hold no secret",
		Long: `Check that recordings can be read, that their model calls can be understood, and
that they hold no secret: keys of known shapes, credentials in headers and
addresses, and what --secret and --pattern name. In a folder, all .yaml files
are checked. What only looks random is told too, but is no finding.`,
		Example: "  reprise check testdata\n  reprise check --secret \"$COMPANY_NAME\" run.yaml",
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
			findings := 0
			for _, file := range files {
				findings += checkFile(cmd, file, redact)
			}
			if findings > 0 {
				return fmt.Errorf("%s in %s", count(findings, "finding"), count(len(files), "file"))
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s, nothing found\n", count(len(files), "file"))
			return nil
		},
	}
	secrets.add(cmd)
	return cmd
}

// checkFile prints what is wrong with a file, and counts it.
func checkFile(cmd *cobra.Command, file string, redact *cassette.Redact) (findings int) {
	report := func(format string, args ...any) {
		findings++
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", file, fmt.Sprintf(format, args...))
	}
	rec, err := cassette.Load(file)
	if err != nil {
		report("%v", err)
		return findings
	}
	outcomes := map[int]cassette.Outcome{}
	for _, in := range rec.Interactions {
		outcomes[in.ID] = in.Outcome
	}
	for _, ex := range transcript.Of(file, rec).Exchanges {
		if ex.API != nil && ex.Error != nil && ex.Status < 300 && outcomes[ex.ID] == cassette.Complete {
			report("exchange %d: %s: %s", ex.ID, ex.Error.Kind, ex.Error.Message)
		}
	}
	for _, f := range redact.Find(rec) {
		if f.Guess {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", file, f)
			continue
		}
		report("%s", f)
	}
	return findings
}

// cassettes lists the files, and those in the folders, among paths.
func cassettes(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(file) == ".yaml" {
				files = append(files, file)
			}
			return err
		})
		if err == nil && len(files) == before {
			err = fmt.Errorf("%s: no .yaml files there", path)
		}
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
