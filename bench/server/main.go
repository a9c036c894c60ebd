// Server answers the benchmark's requests in a process of its own. It writes
// its address to standard output and ends when standard input does.
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	fmt.Println("http://" + l.Addr().String())
	if err := peer.Serve(ctx, l); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}
