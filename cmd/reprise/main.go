// Command reprise runs agents on any model, and records, replays, inspects and
// serves what they do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

// usageError is a mistake in the command line.
type usageError struct{ error }

// run is the program: results go to stdout, all else to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintf(stderr, "reprise: %s\n", indent(err.Error()))
	}
	if usage := new(usageError); errors.As(err, usage) || strings.HasPrefix(err.Error(), "unknown command") {
		fmt.Fprintf(stderr, "Run '%s --help' for how to use it.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailed
}

// errReported is returned by a command that has said on stderr what failed.
var errReported = errors.New("reported")

// indent sets the further lines of a message off from the first.
func indent(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "reprise",
		Short: "Run agents on any model; record, replay, inspect and serve what they do",
		Long: `Run agents on any model; record every run; replay, inspect and serve it from the same file.

A cassette is a YAML file that holds the HTTP exchanges of a run, in the format of go-vcr.`,
		Example:       "  reprise demo\n  reprise run --cassette hello.yaml 'Say hello in Portuguese'\n  reprise show hello.yaml\n  reprise serve hello.yaml",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(demoCommand(), runCommand(), showCommand(), serveCommand(), recordCommand(), diffCommand(), checkCommand(), scrubCommand(), importCommand(), volatileCommand())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return root
}

// needs checks the number of arguments.
func needs(atLeast, atMost int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < atLeast:
			return usageError{fmt.Errorf("%s is missing", what)}
		case atMost >= 0 && len(args) > atMost && atMost == 0:
			return usageError{fmt.Errorf("%q is not expected", args[0])}
		case atMost >= 0 && len(args) > atMost:
			return usageError{fmt.Errorf("%q is too much: quote %s if it has spaces", args[atMost], what)}
		}
		return nil
	}
}
