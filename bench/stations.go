package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/repriselabs/reprise/bench/load"
	"github.com/repriselabs/reprise/bench/peer"
)

const chat = "/v1/chat/completions"

// stations are the servers under load, and what each peer asks of which.
type stations struct {
	listeners []*listener
	at        map[string]station // by peer; with peer.Once in front if the answer is in one piece
	absent    string             // why some are not there; empty: all are
	node      string             // its version
}

type station struct {
	*listener
	load.Load
}

func (s *stations) stop() {
	for _, l := range s.listeners {
		l.stop()
	}
}

// start starts a server.
func (s *stations) start(command func(port string) (*exec.Cmd, error)) (*listener, error) {
	l, err := listen(command)
	if err == nil {
		s.listeners = append(s.listeners, l)
	}
	return l, err
}

// put says what a peer asks of a server.
func (s *stations) put(name string, l *listener, path, body string, header http.Header) {
	s.at[name] = station{l, load.Load{Addr: l.addr, Path: path, Body: body, Header: header}}
}

// plainServer is the benchmark's own.
func (b *bench) plainServer(port string) (*exec.Cmd, error) {
	return exec.Command(b.files["server"], "127.0.0.1:"+port), nil
}

// replayServer is reprise serve with a cassette of so many exchanges.
func (b *bench) replayServer(work string, exchanges int, flags ...string) func(port string) (*exec.Cmd, error) {
	return func(port string) (*exec.Cmd, error) {
		file, err := peer.ServedFile(b.dir, work, exchanges)
		return exec.Command(b.files["reprise serve"], append([]string{"serve", "--listen", "127.0.0.1:" + port, file}, flags...)...), err
	}
}

// recordServer is reprise record in front of another server.
func (b *bench) recordServer(upstream string) func(port string) (*exec.Cmd, error) {
	return func(port string) (*exec.Cmd, error) {
		file := filepath.Join(b.dir, "recorded-"+port+".yaml")
		return exec.Command(b.files["reprise serve"], "record", "--listen", "127.0.0.1:"+port, "--upstream", upstream, file), nil
	}
}

// The run's first request as other clients send it.
var (
	warmer = strings.Replace(peer.SeedRequest, "{", `{"temperature":0.7,`, 1)
	claude = `{"model":"grok-code-fast-1","max_tokens":4000,"stream":true,"system":"` + peer.System + `","messages":[{"role":"user","content":"` + peer.Prompt + `"}],"tools":[` +
		tool("add", "Add two numbers") + `,` + tool("multiply", "Multiply two numbers") + `]}`
)

func tool(name, description string) string {
	return `{"name":"` + name + `","description":"` + description + `","input_schema":{"type":"object","properties":{"a":{"description":"first number","type":"integer"},"b":{"description":"second number","type":"integer"}},"required":["a","b"]}}`
}

// stations starts the servers.
func (b *bench) stations() (*stations, error) {
	s := &stations{at: map[string]station{}}
	if err := b.ourStations(s); err != nil {
		s.stop()
		return nil, err
	}
	if err := b.nodeStations(s); err != nil {
		s.absent = err.Error()
		fmt.Fprintln(os.Stderr, "without aimock and Portkey's gateway:", s.absent)
	}
	return s, nil
}

func (b *bench) ourStations(s *stations) error {
	plain, err := s.start(b.plainServer)
	if err != nil {
		return err
	}
	s.put("plain", plain, "/"+peer.Flushed+chat, peer.SeedRequest, nil)
	s.put(peer.Once+"plain", plain, "/"+peer.Once+chat, peer.SeedRequest, nil)
	whole, err := s.start(b.replayServer(peer.Once, 1))
	if err != nil {
		return err
	}
	s.put(peer.Once+"reprise", whole, chat, peer.SeedRequest, nil)
	one, err := s.start(b.replayServer(peer.Flushed, 1, "--as", "anthropic"))
	if err != nil {
		return err
	}
	s.put("reprise", one, chat, peer.SeedRequest, nil)
	s.put("reprise, conversation", one, chat, warmer, nil)
	s.put("reprise, re-encoded", one, "/v1/messages", claude, nil)
	many, err := s.start(b.replayServer(peer.Flushed, 10_000))
	if err != nil {
		return err
	}
	s.put("reprise, of 10,000", many, chat, peer.SeedRequest, nil)
	record, err := s.start(b.recordServer("http://" + plain.addr + "/" + peer.Flushed))
	if err != nil {
		return err
	}
	s.put("reprise record", record, chat, peer.SeedRequest, nil)
	return nil
}

// nodeStations starts the servers from npm.
func (b *bench) nodeStations(s *stations) error {
	n, err := install()
	if err != nil {
		return err
	}
	if s.node, err = n.version(); err != nil {
		return err
	}
	mock, err := s.start(func(port string) (*exec.Cmd, error) { return n.aimock(b.dir, port) })
	if err != nil {
		return err
	}
	gateway, err := s.start(func(port string) (*exec.Cmd, error) { return n.portkey(b.dir, port) })
	if err != nil {
		return err
	}
	s.put("aimock", mock, chat, peer.SeedRequest, nil)
	s.put("portkey", gateway, chat, peer.SeedRequest, gatewayTo(s.at["plain"].Addr, peer.Flushed))
	return nil
}

// gatewayTo is what Portkey's gateway is told with a request.
func gatewayTo(addr, work string) http.Header {
	return http.Header{"X-Portkey-Provider": {"openai"}, "X-Portkey-Custom-Host": {"http://" + addr + "/" + work + "/v1"}, "Authorization": {"Bearer none"}}
}
