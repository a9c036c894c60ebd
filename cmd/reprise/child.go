package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/models"
	"github.com/repriselabs/reprise/server"
)

// behindDashes splits the arguments at --; the command is nil if there is none.
func behindDashes(cmd *cobra.Command, args []string) (before, command []string, err error) {
	at := cmd.ArgsLenAtDash()
	switch {
	case at < 0:
		return args, nil, nil
	case at == len(args):
		return nil, nil, usageError{errors.New("the command behind -- is missing")}
	}
	return args[:at], args[at:], nil
}

// anyPortFor takes any port when only a command has to know it.
func (f *listenFlags) anyPortFor(cmd *cobra.Command, command []string) {
	if command != nil && !cmd.Flags().Changed("listen") {
		f.listen = "127.0.0.1:0"
	}
}

// around runs a command beside a server, with more environment.
func around(cmd *cobra.Command, srv *server.Server, ln net.Listener, env, command []string) error {
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, ln) }()
	child := exec.CommandContext(cmd.Context(), command[0], command[1:]...)
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.Stdin, child.Stdout, child.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	child.Env = append(os.Environ(), env...)
	err := child.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = fmt.Errorf("%s ended with %w", command[0], err)
	}
	stop()
	return errors.Join(err, <-served)
}

// recordEnvironment points the usual variables at a proxy: at the prefixes of
// their providers or, if there is one upstream for all, at that.
func recordEnvironment(address string, upstreams []server.Upstream) []string {
	var env []string
	for _, a := range models.Addresses() {
		for _, up := range upstreams {
			switch {
			case up.Prefix == "/"+a.Provider:
				env = append(env, a.Var+"="+address+up.Prefix)
			case up.Prefix == "" && slices.Contains(mainProviders, a.Provider):
				env = append(env, a.Var+"="+address+pathOf(a.URL))
			}
		}
	}
	return env
}

// mainProviders are those whose APIs others have too.
var mainProviders = []string{"anthropic", "google", "openai"}

// serveEnvironment points the usual variables of all providers at a replay
// server, which knows all their paths, and sets the keys that SDKs want to see
// before they ask.
func serveEnvironment(address, token string) []string {
	if token == "" {
		token = "none"
	}
	var env []string
	for _, a := range models.Addresses() {
		env = append(env, a.Var+"="+address+pathOf(a.URL))
	}
	for _, provider := range models.Providers() {
		name, err := models.Parse(provider + "/any")
		if err == nil && name.KeyVar != "" {
			env = append(env, name.KeyVar+"="+token)
		}
	}
	return env
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}
