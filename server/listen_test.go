package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/repriselabs/reprise/server"
)

func TestListen(t *testing.T) {
	guarded := &server.Guard{Token: "t"}
	for _, tt := range []struct {
		s    server.Server
		want string // empty: it does
	}{
		{server.Server{Addr: "127.0.0.1:0", Handler: &server.Guard{}}, ""},
		{server.Server{Addr: "localhost:0"}, ""},
		{server.Server{Addr: "[::1]:0"}, ""},
		{server.Server{Addr: "0.0.0.0:0", Handler: guarded}, ""},
		{server.Server{Addr: ":0", Handler: &server.Guard{}}, "others can reach :0: set a token for it"},
		{server.Server{Addr: "0.0.0.0:0"}, "others can reach 0.0.0.0:0: set a token for it"},
		{server.Server{Addr: "7777", Handler: guarded}, `the address "7777" is not HOST:PORT: address 7777: missing port in address`},
	} {
		ln, err := tt.s.Listen()
		if err == nil {
			ln.Close()
		}
		if got := fmt.Sprint(err); tt.want != "" && got != tt.want || tt.want == "" && err != nil && !strings.Contains(got, "cannot assign") {
			t.Errorf("%s: got %v, want %q", tt.s.Addr, err, tt.want)
		}
	}
}

// run serves until stop, which returns how it ended.
func run(t *testing.T, s *server.Server) (address string, stop func() error) {
	t.Helper()
	s.Addr = "127.0.0.1:0"
	ln, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, ln) }()
	return ln.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

// TestEnd: a stream that is being sent when the server is told to end goes on
// to its end, and one that does not end is broken after the grace.
func TestEnd(t *testing.T) {
	for _, tt := range []struct {
		name  string
		grace time.Duration
		want  string
	}{{"in time", time.Minute, "begin end"}, {"too late", time.Millisecond, "begin "}} {
		t.Run(tt.name, func(t *testing.T) {
			goOn := make(chan bool)
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "begin ")
				http.NewResponseController(w).Flush()
				select {
				case <-goOn:
					io.WriteString(w, "end")
				case <-r.Context().Done():
				}
			})
			addr, stop := run(t, &server.Server{Handler: h, Grace: tt.grace})
			resp, err := http.Get("http://" + addr)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			stopped := make(chan error, 1)
			go func() { stopped <- stop() }()
			for { // until it takes no more
				c, err := net.Dial("tcp", addr)
				if err != nil {
					break
				}
				c.Close()
			}
			if tt.grace > time.Second {
				close(goOn)
			}
			if b, _ := io.ReadAll(resp.Body); string(b) != tt.want {
				t.Errorf("got %q, want %q", b, tt.want)
			}
			if err := <-stopped; err != nil && err != http.ErrServerClosed {
				t.Error(err)
			}
		})
	}
}

// TestHTTP2: clients that begin with HTTP/2 get it without TLS.
func TestHTTP2(t *testing.T) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: &protocols}}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	addr, stop := run(t, &server.Server{Handler: h})
	resp, err := client.Get("http://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(b) != "HTTP/2.0" || err != nil {
		t.Errorf("got %s, %v", b, err)
	}
	client.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestBadRequests: what is no HTTP, or too much of it, gets an answer and a
// closed connection.
func TestBadRequests(t *testing.T) {
	addr, stop := run(t, &server.Server{Handler: &server.Guard{Next: &server.Handler{MaxBody: 1000, Recordings: recordings(t)}}})
	head := "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
	for _, tt := range []struct{ name, request, want string }{
		{"no HTTP", "hello\r\n\r\n", "HTTP/1.1 400"},
		{"large headers", head + "X: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", "HTTP/1.1 431"},
		{"bad chunks", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400"},
		{"a body that is too large", head + "Content-Length: 1001\r\n\r\n" + strings.Repeat("x", 1001), "HTTP/1.1 413"},
		{"a body cut short", head + "Content-Length: 9\r\n\r\nabc", "HTTP/1.1 400"},
		{"a path that climbs", "GET /v1/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "HTTP/1.1 404"},
	} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			io.WriteString(c, tt.request) // the server may close before it has all
			c.(*net.TCPConn).CloseWrite()
		}()
		status, err := bufio.NewReader(c).ReadString('\n')
		if !strings.HasPrefix(status, tt.want) {
			t.Errorf("%s: got %q, %v", tt.name, status, err)
		}
		c.Close()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
