package openai_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/openai"
)

// A model that may search the web, and that tells how it reasons.
func ExampleNew() {
	m := openai.New("gpt-5", os.Getenv("OPENAI_API_KEY"))
	m.Summary = "auto"
	req := &reprise.Request{
		Messages: reprise.Ask("What is the population of Tokyo? Cite your source."),
		Tools:    []reprise.ToolSpec{openai.WebSearch(openai.WebSearchOptions{})},
		Effort:   "low",
	}
	for ev, err := range m.Stream(context.Background(), req) {
		if err != nil {
			fmt.Println(err)
			return
		}
		switch ev := ev.(type) {
		case reprise.TextDelta:
			fmt.Print(ev.Text)
		case reprise.PartDone:
			if t, ok := ev.Part.(reprise.Text); ok {
				for _, c := range t.Citations {
					fmt.Println(c.Title, c.URL)
				}
			}
		}
	}
}

// Any server of the API will do; here is one.
func ExampleModel() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Olá!"}]}],"usage":{"input_tokens":9,"output_tokens":2}}`)
	}))
	defer server.Close()

	m := &openai.Model{Name: "small", BaseURL: server.URL + "/v1"}
	resp, err := reprise.Generate(context.Background(), m, &reprise.Request{Messages: reprise.Ask("Say hi in Portuguese")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text(), resp.Reason, resp.Usage.Total())
	// Output: Olá! stop 11
}
