package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/server"
)

// pipes is a listener in memory: its time is that of testing/synctest.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) dial() net.Conn {
	client, srv := net.Pipe()
	p.conns <- srv
	return client
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.done)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// TestSlowClients: a client that does not send its request, or does not take
// its answer, is left after a while. Nothing of it stays.
func TestSlowClients(t *testing.T) {
	head := "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
	body := seed(t).Interactions[0].Request.Body
	for _, tt := range []struct {
		name, send string
		reads      bool
		after      time.Duration // it is left
		want       string        // what it was told
	}{
		{"half a header", "POST /v1/chat", true, 10 * time.Second, ""},
		{"half a body", head + "Content-Length: 99\r\n\r\nhalf", true, time.Minute, "HTTP/1.1 400 Bad Request"},
		{"does not read", head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body, false, time.Minute, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan server.Answered, 1)
				h := &server.Handler{Recordings: recordings(t), Done: func(a server.Answered) { done <- a }}
				ln, ended := newPipes(), make(chan error, 1)
				ctx, stop := context.WithCancel(t.Context())
				go func() { ended <- (&server.Server{Handler: &server.Guard{Next: h}}).Serve(ctx, ln) }()
				began := time.Now()
				c := ln.dial()
				if _, err := io.WriteString(c, tt.send); err != nil {
					t.Fatal(err)
				}
				var told []byte
				if tt.reads {
					told, _ = io.ReadAll(c)
				} else {
					<-done
				}
				if took := time.Since(began); took < tt.after || took > tt.after+10*time.Second {
					t.Errorf("it was left after %v, want %v", took, tt.after)
				}
				if !strings.HasPrefix(string(told), tt.want) {
					t.Errorf("it was told %q, want %q", told, tt.want)
				}
				c.Close()
				stop()
				if err := <-ended; err != nil && err != http.ErrServerClosed {
					t.Error(err)
				}
			})
		})
	}
}

// TestLongStream: no timeout cuts a stream, however long it takes.
func TestLongStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for range 100 {
				time.Sleep(time.Minute)
				io.WriteString(w, "data: x\n\n")
				http.NewResponseController(w).Flush()
			}
		})
		ln, ended := newPipes(), make(chan error, 1)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- (&server.Server{Handler: h}).Serve(ctx, ln) }()
		client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return ln.dial(), nil }}}
		resp, err := client.Get("http://localhost/")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil || len(b) != 100*len("data: x\n\n") {
			t.Errorf("%d bytes, %v", len(b), err)
		}
		resp.Body.Close()
		client.CloseIdleConnections()
		stop()
		<-ended
	})
}

// TestLongWaits: a stream may pause for longer than a client may take to take
// a piece of it, before it begins, between two pieces and at the end.
func TestLongWaits(t *testing.T) {
	rec := seed(t)
	in := &rec.Interactions[0]
	const wait = 5 * time.Minute
	in.Response.Chunks = []cassette.Chunk{{Size: 100, Wait: wait}, {Size: len(in.Response.Body) - 100, Wait: wait}, {Wait: wait}}
	for _, name := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &server.Handler{Recordings: map[string]*cassette.Recording{"a.yaml": rec}, Pace: 1}
				ln, ended := newPipes(), make(chan error, 1)
				ctx, stop := context.WithCancel(t.Context())
				go func() { ended <- (&server.Server{Handler: h}).Serve(ctx, ln) }()
				var protocols http.Protocols
				protocols.SetHTTP1(name == "HTTP/1.1")
				protocols.SetUnencryptedHTTP2(name == "HTTP/2.0")
				client := &http.Client{Transport: &http.Transport{
					Protocols:   &protocols,
					DialContext: func(context.Context, string, string) (net.Conn, error) { return ln.dial(), nil },
				}}
				began := time.Now()
				resp, err := client.Post("http://localhost"+chat, "application/json", strings.NewReader(in.Request.Body))
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > wait || resp.Proto != name {
					t.Errorf("the headers came after %v, in %s", took, resp.Proto)
				}
				b, err := io.ReadAll(resp.Body)
				if err != nil || string(b) != in.Response.Body {
					t.Errorf("%d bytes of %d after %v: %v", len(b), len(in.Response.Body), time.Since(began), err)
				}
				resp.Body.Close()
				client.CloseIdleConnections()
				stop()
				<-ended
			})
		})
	}
}
