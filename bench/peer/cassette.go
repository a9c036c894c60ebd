package peer

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// CassetteFile makes, once, a cassette of n interactions of about 20 KB each:
// the run's second request, told apart by a number, and its answer.
func CassetteFile(dir string, n int) (string, error) {
	file := filepath.Join(dir, fmt.Sprintf("load-%d.yaml", n))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	f, err := os.CreateTemp(dir, "making-*")
	if err != nil {
		return "", err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	w.WriteString("---\nversion: 2\ninteractions:\n")
	for i := range n {
		writeInteraction(w, i, InteractionBody(i), seedAnswer)
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return file, os.Rename(f.Name(), file)
}

const apiURL = "https://api.x.ai/v1/chat/completions"

func writeInteraction(w *bufio.Writer, i int, request string, answer []byte) {
	fmt.Fprintf(w, "- id: %d\n  request:\n    proto: HTTP/1.1\n    proto_major: 1\n    proto_minor: 1\n    content_length: %d\n    host: api.x.ai\n    body: '%s'\n", i, len(request), strings.ReplaceAll(request, "'", "''"))
	fmt.Fprintf(w, "    headers:\n      Content-Type:\n      - application/json\n    url: %s\n    method: POST\n", apiURL)
	fmt.Fprintf(w, "  response:\n    proto: HTTP/2.0\n    proto_major: 2\n    proto_minor: 0\n    content_length: -1\n    body: |+\n")
	for line := range bytes.Lines(answer) {
		if len(line) > 1 {
			w.WriteString("      ")
		}
		w.Write(line)
	}
	w.WriteString("    headers:\n      Content-Type:\n      - text/event-stream\n    status: 200 OK\n    code: 200\n    duration: 1.5s\n")
}

// InteractionBody is the body of the i-th request of a cassette.
func InteractionBody(i int) string {
	return fmt.Sprintf(`{"model":"grok-code-fast-1","messages":[{"role":"system","content":"%s"},{"role":"user","content":"%s %d"}],"max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}`,
		System, strings.Repeat("Tell me more of it. ", 450), i)
}

// Interaction is the i-th request of a cassette.
func Interaction(i int) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodPost, apiURL, strings.NewReader(InteractionBody(i)))
	if err == nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, err
}
