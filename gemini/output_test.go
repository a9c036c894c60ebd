package gemini_test

import (
	"testing"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/gemini"
)

func TestOutputMode(t *testing.T) {
	function, search := reprise.ToolSpec{Name: "add"}, gemini.GoogleSearch()
	for _, tt := range []struct {
		model, other string
		tools        []reprise.ToolSpec
		want         reprise.OutputMode
	}{
		{"gemini-2.5-flash", "", nil, reprise.OutputSchema},
		{"gemini-2.5-flash", "", []reprise.ToolSpec{function}, reprise.OutputTool},
		{"gemini-1.5-pro", "", []reprise.ToolSpec{function}, reprise.OutputTool},
		{"gemini-2.5-flash", "", []reprise.ToolSpec{function, search}, reprise.OutputText},
		{"gemini-3-pro-preview", "", []reprise.ToolSpec{function, search}, reprise.OutputSchema},
		{"gemini-flash-latest", "", []reprise.ToolSpec{function}, reprise.OutputSchema},
		{"gemini-2.5-flash", "gemini-3-pro", []reprise.ToolSpec{function}, reprise.OutputSchema},
		{"another", "", []reprise.ToolSpec{function}, reprise.OutputSchema},
	} {
		m := gemini.New(tt.model, "")
		if got := m.OutputMode(&reprise.Request{Model: tt.other, Tools: tt.tools}); got != tt.want {
			t.Errorf("%s %s with %d tools: got %s, want %s", tt.model, tt.other, len(tt.tools), got, tt.want)
		}
	}
}
