// Floor does the benchmark's work with as little as can be: it shows what a
// client cannot be faster than.
package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/repriselabs/reprise/bench/peer"
)

func main() {
	peer.Main(peer.Peers{
		"read":   {peer.Text: read, peer.Vary: read, peer.Args: read},
		"events": {peer.Text: events, peer.Vary: events, peer.Args: events},
		"scanner": {peer.Text: scanText, peer.Vary: scanText, peer.Args: scanArgs, peer.Seed: scanRun, peer.Slow: scanText,
			peer.Messages: scanMessages, peer.Responses: scanResponses, peer.Gemini: scanGemini},
		"jsontext": {peer.Text: tokensText, peer.Vary: tokensText, peer.Args: tokensArgs},
	})
}

const request = `{"model":"grok-code-fast-1","messages":[{"role":"user","content":"Say something."}],"stream":true,"stream_options":{"include_usage":true}}`

func post(ctx context.Context, t peer.Target, body string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL+"/chat/completions", bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := t.Client.Do(req)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// read reads the body and looks at nothing.
func read(ctx context.Context, t peer.Target) (int, error) {
	body, err := post(ctx, t, request)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	buf := make([]byte, 32<<10)
	for {
		if _, err := body.Read(buf); err == io.EOF {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// events splits the body into the data of its events.
func events(ctx context.Context, t peer.Target) (int, error) {
	return 0, eachEvent(ctx, t, request, func([]byte) {})
}

var prefix, done = []byte("data: "), []byte("[DONE]")

func eachEvent(ctx context.Context, t peer.Target, request string, f func(data []byte)) error {
	body, err := post(ctx, t, request)
	if err != nil {
		return err
	}
	defer body.Close()
	lines := bufio.NewReader(body)
	for {
		line, err := lines.ReadSlice('\n')
		if err == bufio.ErrBufferFull { // no delta is that long
			for err == bufio.ErrBufferFull {
				_, err = lines.ReadSlice('\n')
			}
			continue
		}
		if data, ok := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), prefix); ok && !bytes.Equal(data, done) {
			f(data)
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
