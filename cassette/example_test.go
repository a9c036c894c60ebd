package cassette_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/repriselabs/reprise/cassette"
)

func Example() {
	dir, err := os.MkdirTemp("", "cassette")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "greeting.yaml")

	// Record: in place of the network, a transport that says hello.
	hello := answering(func(name string) (int, string) { return 200, "hello " + name })
	rec := &cassette.Cassette{File: file, Mode: cassette.Record, Transport: hello}
	greet(rec.Client(), "gopher")
	if err := rec.Close(); err != nil {
		log.Fatal(err)
	}

	// Replay: the network is never asked.
	play := &cassette.Cassette{File: file}
	greet(play.Client(), "gopher")
	if err := play.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 200 hello gopher
	// 200 hello gopher
}

func greet(client *http.Client, name string) {
	resp, err := client.Post("http://greeter.example/", "text/plain", strings.NewReader(name))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.StatusCode, string(body))
}
