// Others does the benchmark's work with other clients for Go.
package main

import "github.com/repriselabs/reprise/bench/peer"

func main() {
	peer.Main(peer.Peers{
		"go-openai": {peer.Text: goText, peer.Vary: goText, peer.Args: goArgs, peer.Seed: goRun, peer.Slow: goText},
		"openai-go": {peer.Text: officialText, peer.Vary: officialText, peer.Args: officialArgs, peer.Seed: officialRun, peer.Slow: officialText},
	})
}
