package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/server"
)

// listenFlags are those of the commands that listen.
type listenFlags struct {
	listen, token string
	hosts         []string
	origins       []string
	grace         time.Duration
}

func (f *listenFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", server.DefaultAddr, "listen on this `HOST:PORT`; port 0 takes any")
	flags.StringVar(&f.token, "token", os.Getenv("REPRISE_TOKEN"), "want this `TOKEN` of clients (default $REPRISE_TOKEN)")
	flags.Lookup("token").DefValue = ""
	flags.StringSliceVar(&f.hosts, "allow-host", nil, "a `NAME` by which clients may call the server, besides localhost; repeatable")
	flags.StringSliceVar(&f.origins, "allow-origin", nil, "an `ORIGIN` of pages that may use it from a browser; repeatable")
	flags.DurationVar(&f.grace, "grace", 10*time.Second, "how long answers may go on when the server is told to end")
}

const listenHelp = `
It listens on this machine only, unless --listen says otherwise; then clients
must send a token. GET /healthz answers ok, and GET /metrics in the form of
Prometheus. Each request is logged on standard error.`

// start opens the server's address.
func (f *listenFlags) start(guard *server.Guard, notes io.Writer) (*server.Server, net.Listener, error) {
	guard.Token, guard.Hosts, guard.Origins = f.token, f.hosts, f.origins
	srv := &server.Server{Handler: guard, Addr: f.listen, Grace: f.grace, Log: log.New(notes, "reprise: ", 0)}
	ln, err := srv.Listen()
	if err != nil && strings.Contains(err.Error(), "set a token") {
		err = usageError{fmt.Errorf("%w with --token or REPRISE_TOKEN", err)}
	}
	return srv, ln, err
}

type serveFlags struct {
	listenFlags
	match, host, fault string
	as                 []string
	pace               float64
	loop               bool
	secrets            secretFlags
}

func serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [flags] FILE|DIR... [-- COMMAND...]",
		Short: "Answer any SDK, in any language, from recordings",
		Long: `Answer requests to model APIs from recordings, chunk for chunk, without a key.
Point an SDK's base URL at the server. Files are looked at again when they
change.

A request is answered by a recording of the same request; else by one of the
same conversation (model, system prompt, messages and tools), whatever else is
set; with --match loose also by the same turn after the same first message.
The header Reprise-Match tells which it was. What was recorded several times is
answered in that order. A client that sends the header Reprise-Session has a
progress of its own; without it, runs begin anew. Reprise-Cassette: FILE names
the one recording to answer from.

With a COMMAND behind --, the command is run with the usual variables for base
URLs and keys pointed at the server (OPENAI_BASE_URL, OPENAI_API_KEY, and those
of other providers), and the server ends with it.

With --as the APIs named are also answered from recordings of others, so that
an OpenAI client can talk to what Claude said: openai-chat, openai-responses,
anthropic, gemini.
` + listenHelp,
		Example: `  reprise serve testdata
  OPENAI_BASE_URL=http://127.0.0.1:7777/v1 OPENAI_API_KEY=none python my_agent.py
  reprise serve testdata -- npm test
  reprise serve --fault status=429,retry-after=1s run.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			files, command, err := behindDashes(cmd, args)
			if err == nil && len(files) == 0 {
				err = usageError{errors.New("the recording or folder is missing")}
			}
			if err != nil {
				return err
			}
			return serve(cmd, f, files, command)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.match, "match", string(server.Conversation), "the least that must be alike: exact, conversation or loose")
	flags.StringVar(&f.host, "host", "", "answer only from what was recorded of this `HOST`")
	flags.StringSliceVar(&f.as, "as", nil, "answer this `API` from recordings of others too; repeatable")
	flags.Float64Var(&f.pace, "pace", 0, "replay the recorded waits, times `X`: 0 is at once, 1 as recorded")
	flags.StringVar(&f.fault, "fault", "", "spoil answers: `KINDS` such as cut,events=3 or status=429,times=2")
	flags.BoolVar(&f.loop, "loop", false, "begin a session again when it has had all answers")
	f.secrets.add(cmd)
	return cmd
}

func serve(cmd *cobra.Command, f serveFlags, files, command []string) error {
	redact, err := f.secrets.redact()
	if err != nil {
		return err
	}
	watch := newWatch(cmd.ErrOrStderr())
	h := &server.Handler{
		Files: files, Host: f.host, Match: server.Rung(f.match), As: f.as, Pace: f.pace, Loop: f.loop,
		Redact: cassette.Redact{Strings: redact.Strings, Patterns: redact.Patterns},
		Done:   watch.done, Problem: watch.problem,
	}
	if f.fault != "" {
		fault, err := cassette.ParseFault(f.fault)
		if err != nil {
			return usageError{err}
		}
		h.Fault = fault
	}
	if err := h.Check(); err != nil {
		return usageError{err}
	}
	if err := h.Load(); err != nil {
		return err
	}
	guard := &server.Guard{Next: watch.withMetrics(h), KeyIsToken: true, Done: watch.done}
	watch.active = guard.Active
	notes := cmd.ErrOrStderr()
	f.anyPortFor(cmd, command)
	srv, ln, err := f.start(guard, notes)
	if err != nil {
		return err
	}
	defer func() { watch.summary(h.Exchanges()) }()
	if command != nil {
		return around(cmd, srv, ln, serveEnvironment(address(ln), f.token), command)
	}
	fmt.Fprintf(notes, "reprise: answering on %s from %s of %s\n", address(ln), count(len(h.Exchanges()), "exchange"), strings.Join(files, ", "))
	for _, line := range pointers(h, address(ln)) {
		fmt.Fprintf(notes, "reprise:   %s\n", line)
	}
	return srv.Serve(cmd.Context(), ln)
}

func address(ln net.Listener) string { return "http://" + ln.Addr().String() }

// pointers tell how clients are pointed at the server.
func pointers(h *server.Handler, address string) []string {
	base := map[string]string{
		"openai-chat":      "OPENAI_BASE_URL=" + address + "/v1",
		"openai-responses": "OPENAI_BASE_URL=" + address + "/v1",
		"anthropic":        "ANTHROPIC_BASE_URL=" + address,
		"gemini":           "GOOGLE_GEMINI_BASE_URL=" + address,
	}
	var lines []string
	for _, api := range h.APIs() {
		if line, ok := base[api]; ok && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}
