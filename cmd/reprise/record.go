package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/models"
	"github.com/repriselabs/reprise/server"
	"github.com/repriselabs/reprise/transcript"
)

type recordFlags struct {
	listenFlags
	upstreams []string
	append    bool
	overwrite bool
	secrets   secretFlags
}

// defaultRecording is the file of a command that is recorded without one.
const defaultRecording = "recording.yaml"

func recordCommand() *cobra.Command {
	var f recordFlags
	cmd := &cobra.Command{
		Use:   "record [flags] FILE | record [flags] [FILE] -- COMMAND...",
		Short: "Record what a program in any language asks of model APIs",
		Long: `Record what a program in any language asks of model APIs: a proxy to which the
program's base URL is pointed, and which passes everything on as it comes. Keys
pass through and are never stored.

--upstream says where requests go. Given several times, each has a prefix of
the path in front, as in /openai=https://api.openai.com. Without it there is a
prefix for each provider that is known, such as /anthropic.

With a COMMAND behind --, the command is run with the usual variables for base
URLs set (OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GOOGLE_GEMINI_BASE_URL, and those
of other providers), and what was recorded is shown when it has ended; FILE is
` + defaultRecording + ` if none is given. A variable that is set already says
where its requests go.
` + listenHelp,
		Example: `  reprise record --upstream https://api.openai.com run.yaml
  OPENAI_BASE_URL=http://127.0.0.1:7777/v1 python my_agent.py

  reprise record run.yaml -- npm test
  reprise serve run.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, command, err := behindDashes(cmd, args)
			if err != nil {
				return err
			}
			file := defaultRecording
			switch {
			case len(args) > 1:
				return usageError{fmt.Errorf("%q is too much: a command goes behind --", args[1])}
			case len(args) == 1:
				file = args[0]
			case command == nil:
				return usageError{errors.New("the file is missing")}
			}
			return record(cmd, f, file, command)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.upstreams, "upstream", nil, "pass requests on to this `[PREFIX=]URL`; repeatable")
	flags.BoolVar(&f.append, "append", false, "replay what FILE has, and add the rest to it")
	flags.BoolVar(&f.overwrite, "overwrite", false, "replace FILE if it is there")
	f.secrets.add(cmd)
	return cmd
}

func record(cmd *cobra.Command, f recordFlags, file string, command []string) (err error) {
	upstreams, err := f.targets(command != nil)
	if err != nil {
		return usageError{err}
	}
	redact, err := f.secrets.redact()
	if err != nil {
		return err
	}
	if f.append && f.overwrite {
		return usageError{errors.New("--append keeps the file, and --overwrite replaces it: only one of them can be")}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil { // now, and not when a program waits for its first answer
		return fmt.Errorf("%s: %w", file, err)
	}
	tape := &cassette.Cassette{File: file, Mode: cassette.Record, Redact: cassette.Redact{Strings: redact.Strings, Patterns: redact.Patterns}}
	if f.append {
		tape.Mode = cassette.Append
	} else if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) && !f.overwrite {
		return fmt.Errorf("%s is there already: add to it with --append, or replace it with --overwrite", file)
	}
	notes := cmd.ErrOrStderr()
	watch := newWatch(notes)
	watch.passes = true
	proxy := &server.Proxy{Upstreams: upstreams, Cassette: tape, Done: watch.done}
	if err := proxy.Check(); err != nil {
		return usageError{err}
	}
	guard := &server.Guard{Next: watch.withMetrics(proxy), Done: watch.done}
	watch.active = guard.Active
	f.anyPortFor(cmd, command)
	srv, ln, err := f.start(guard, notes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tape.Close(), shown(cmd, file, watch, command != nil)) }()
	if command != nil {
		return around(cmd, srv, ln, recordEnvironment(address(ln), upstreams), command)
	}
	for _, up := range upstreams {
		fmt.Fprintf(notes, "reprise: %s%s records %s\n", address(ln), up.Prefix, up.URL)
	}
	return srv.Serve(cmd.Context(), ln)
}

// targets reads --upstream.
func (f *recordFlags) targets(forCommand bool) ([]server.Upstream, error) {
	var list []server.Upstream
	for _, s := range f.upstreams {
		prefix, address, ok := strings.Cut(s, "=")
		if !ok || !strings.HasPrefix(prefix, "/") {
			prefix, address = "", s
		}
		if slices.ContainsFunc(list, func(u server.Upstream) bool { return u.Prefix == prefix }) {
			return nil, fmt.Errorf("--upstream %s: there is another one for the prefix %q: give each its own, as in /openai=%s", s, prefix, address)
		}
		list = append(list, server.Upstream{Prefix: prefix, URL: address})
	}
	if list != nil {
		return list, nil
	}
	for _, a := range models.Addresses() {
		up := server.Upstream{Prefix: "/" + a.Provider, URL: cmp.Or(os.Getenv(a.Var), a.URL)}
		if err := up.Check(); err != nil {
			return nil, fmt.Errorf("$%s: %w", a.Var, err)
		}
		list = append(list, up)
	}
	return list, nil
}

// shown tells what was recorded.
func shown(cmd *cobra.Command, file string, watch *watch, whole bool) error {
	watch.summary(nil)
	rec, err := cassette.Load(file)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(cmd.ErrOrStderr(), "reprise: nothing was recorded\n")
		return nil
	}
	if err != nil {
		return err
	}
	doc := transcript.Of(file, rec)
	if whole {
		return showText(cmd, doc)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "reprise: recorded %s\n", total(doc))
	return nil
}
