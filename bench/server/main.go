// Server answers the benchmark's requests in a process of its own. It writes
// its address to standard output and ends when standard input does. Told an
// address, it listens there until it is killed.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/repriselabs/reprise/bench/peer"
)

func main() {
	addr := "127.0.0.1:0"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if len(os.Args) == 1 {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
	}
	fmt.Println("http://" + l.Addr().String())
	if err := peer.Serve(ctx, l); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}
