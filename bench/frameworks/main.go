// Frameworks does the benchmark's work with frameworks for agents in Go.
package main

import "github.com/repriselabs/reprise/bench/peer"

func main() {
	peer.Main(peer.Peers{
		"eino":        {peer.Text: einoText, peer.Vary: einoText, peer.Args: einoArgs, peer.Seed: einoRun, peer.Slow: einoText, peer.Turns: einoTurns},
		"langchaingo": {peer.Text: chainText, peer.Vary: chainText, peer.Args: chainArgs, peer.Seed: chainRun, peer.Slow: chainText},
	})
}
