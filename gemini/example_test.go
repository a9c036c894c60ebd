package gemini_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/gemini"
)

func Example() {
	google := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `data: {"candidates":[{"content":{"parts":[{"text":"Hello "}]}}]}`+"\n\n"+
			`data: {"candidates":[{"content":{"parts":[{"text":"there"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"thoughtsTokenCount":40}}`+"\n\n")
	}))
	defer google.Close()

	model := gemini.New("gemini-2.5-flash", "the key")
	model.BaseURL = google.URL // leave it out to reach Google
	budget := 512
	req := &reprise.Request{
		Messages:       reprise.Ask("Say hello"),
		Tools:          []reprise.ToolSpec{gemini.GoogleSearch()},
		ThinkingBudget: &budget,
	}
	for ev, err := range model.Stream(context.Background(), req) {
		if err != nil {
			fmt.Println(err)
			return
		}
		switch ev := ev.(type) {
		case reprise.TextDelta:
			fmt.Print(ev.Text)
		case reprise.Finish:
			fmt.Printf("\n%s after %d tokens\n", ev.Reason, ev.Usage.Output)
		}
	}
	// Output:
	// Hello there
	// stop after 42 tokens
}
