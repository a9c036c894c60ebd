package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/repriselabs/reprise/agent"
	"github.com/repriselabs/reprise/mcp"
	"github.com/repriselabs/reprise/models"
)

// offer gives the agent the tools of the servers. The function it returns
// ends them; with an error it has done so.
func offer(cmd *cobra.Command, a *agent.Agent, args []string) (func() error, error) {
	var servers []*mcp.Server
	stop := func() error {
		var errs []error
		for _, s := range servers {
			errs = append(errs, s.Close())
		}
		return errors.Join(errs...)
	}
	wait := newPrinter(cmd.OutOrStdout(), cmd.ErrOrStderr()).wait
	if len(args) > 0 {
		wait.start("asking MCP servers for their tools")
		defer wait.stop()
	}
	of := map[string]string{} // tools' names to servers
	for _, arg := range args {
		s, err := serverOf(arg)
		if err != nil {
			return nil, errors.Join(usageError{err}, stop())
		}
		if a.Journal != nil {
			s.Journal = a.Journal
		}
		servers = append(servers, s)
		tools, err := s.Tools(cmd.Context())
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		for _, t := range tools {
			name := t.Spec().Name
			if other, ok := of[name]; ok {
				err := fmt.Errorf("--mcp %q and %q both have a tool %s: name one, as in --mcp 'files=%s'", other, arg, name, arg)
				return nil, errors.Join(usageError{err}, stop())
			}
			of[name] = arg
		}
		a.Tools = append(a.Tools, tools...)
	}
	return stop, nil
}

var named = regexp.MustCompile(`^([a-z][a-z0-9_-]*)=(.*)$`)

// serverOf reads an argument of --mcp: [NAME=]CMD or [NAME=]URL.
func serverOf(arg string) (*mcp.Server, error) {
	s := new(mcp.Server)
	where := arg
	if m := named.FindStringSubmatch(arg); m != nil {
		s.Name, where = m[1], m[2]
	}
	if strings.HasPrefix(where, "http://") || strings.HasPrefix(where, "https://") {
		s.URL = where
		return s, nil
	}
	var err error
	switch s.Command, err = words(where); {
	case err != nil:
		return nil, fmt.Errorf("--mcp %q: %w", arg, err)
	case len(s.Command) == 0:
		return nil, fmt.Errorf("--mcp %q names no command and no URL", arg)
	}
	s.Env = withoutKeys(os.Environ())
	return s, nil
}

// words splits a command line at spaces. Quotes of both kinds keep spaces, a
// backslash outside of single quotes keeps what follows it.
func words(line string) ([]string, error) {
	var all []string
	var word strings.Builder
	var quote rune
	inWord, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if inWord {
				all = append(all, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	switch {
	case quote != 0:
		return nil, fmt.Errorf("a quote %c is not closed", quote)
	case escaped:
		return nil, errors.New("nothing follows the last backslash")
	case inWord:
		all = append(all, word.String())
	}
	return all, nil
}

// withoutKeys is the environment without the keys of model providers.
func withoutKeys(env []string) []string {
	secret := map[string]bool{}
	for _, provider := range models.Providers() {
		if name, err := models.Parse(provider + "/any"); err == nil && name.KeyVar != "" {
			secret[name.KeyVar] = true
		}
	}
	return slices.DeleteFunc(env, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return secret[name]
	})
}
