package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// DefaultAddr is where a [Server] listens if it is not told.
const DefaultAddr = "127.0.0.1:7777"

// A Server runs a handler, which is usually a [Guard], until it is told to
// end. It speaks HTTP/1.1 and, with clients that begin with it, HTTP/2
// without TLS. Its timeouts cut clients that do not send their request, and
// never an answer.
type Server struct {
	Handler http.Handler
	Addr    string        // empty: DefaultAddr
	Grace   time.Duration // for answers that are being sent when it ends; 0: 10 seconds
	Log     *log.Logger   // of net/http's own complaints; nil: the standard logger
}

// Listen opens the server's address. One that others can reach needs a
// guard with a token.
func (s *Server) Listen() (net.Listener, error) {
	addr := s.Addr
	if addr == "" {
		addr = DefaultAddr
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the address %q is not HOST:PORT: %w", addr, err)
	}
	guard, _ := s.Handler.(*Guard)
	if !loopback(host) && (guard == nil || guard.Token == "") {
		return nil, fmt.Errorf("others can reach %s: set a token for it", addr)
	}
	return net.Listen("tcp", addr)
}

// loopback reports whether only this machine can reach a host.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Serve answers on ln until ctx is done. Then it takes no more requests, lets
// those that are being answered end, for as long as Grace, and breaks what is
// left.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	srv := &http.Server{
		Handler:           s.Handler,
		Protocols:         &protocols,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          s.Log,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 1000},
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace := s.Grace
	if grace <= 0 {
		grace = 10 * time.Second
	}
	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := srv.Shutdown(patient)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	<-ended
	return err
}
