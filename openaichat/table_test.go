package openaichat

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is made from the code")

// tried tells on what the dialects were tried; those that are not here come
// from their documentation only.
var tried = map[string]string{
	"xai": "real recordings", "openai": "real recordings", "azure": "real recordings", "openrouter": "real recordings",
	"vercel": "real recordings", "zai": "real recordings", "llamacpp": "real recordings", "ollama": "a real server",
}

func dialectTable() string {
	var b strings.Builder
	b.WriteString("| provider | address | key | reasoning goes back as | output limit | structured output | cost reported | else | tried on |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, d := range Dialects() {
		cells := []string{d.Provider, d.BaseURL, d.KeyVar, reasoningCell(d), "by model", "`json_schema`", d.Cost, elseCell(d), tried[d.Provider]}
		if d.BaseURL == "" {
			cells[1] = "`" + d.BaseURLVar + "`"
		}
		if d.KeyVar == "" {
			cells[2] = "none"
		}
		if d.CompletionTokens {
			cells[4] = "`max_completion_tokens`"
		}
		switch d.Output {
		case OutputTool:
			cells[5] = "a forced tool"
		case OutputAlone:
			cells[5] += ", beside tools a tool"
		}
		if d.CostExp != 0 {
			cells[6] += fmt.Sprintf(", in 10^%d USD", d.CostExp)
		}
		if cells[8] == "" {
			cells[8] = "documentation only"
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

func reasoningCell(d Dialect) string {
	switch {
	case d.Reasoning == ReasoningNowhere:
		return "(left out, with a warning)"
	case d.Reasoning == ReasoningDetails:
		return "`reasoning` and `reasoning_details`"
	case d.Reasoning == ReasoningPieces:
		return "`thinking` pieces of the content"
	case d.ReasoningWithCalls:
		return "`" + string(d.Reasoning) + "`, with tool calls only, and then always"
	}
	return "`" + string(d.Reasoning) + "`"
}

func elseCell(d Dialect) string {
	var notes []string
	add := func(when bool, note string) {
		if when {
			notes = append(notes, note)
		}
	}
	add(d.ReasoningApart, "completion tokens leave reasoning out")
	add(d.ReasoningObject, "effort and budget in `reasoning`")
	add(d.KeyHeader != "", "key in `"+d.KeyHeader+"`")
	add(d.TopK, "`top_k`")
	add(d.Seed != "", "`"+d.Seed+"`")
	add(d.Required != "", "`tool_choice: "+d.Required+"`")
	add(d.NoUsageOption, "no `stream_options`")
	add(d.CacheControl, "`cache_control`")
	add(d.ShortIDs, "ids of nine letters and digits")
	add(len(d.Body) > 0, "always `"+string(d.Body)+"`")
	return strings.Join(notes, "; ")
}

// TestDialectTable keeps the table in docs/wire.md as the code is.
func TestDialectTable(t *testing.T) {
	const file, begin, end = "../docs/wire.md", "<!-- dialects -->\n", "<!-- /dialects -->\n"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(doc), begin)
	got, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+dialectTable()+end+tail), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(dialectTable(), got); d != "" {
		t.Errorf("run go test ./openaichat -run TestDialectTable -update (-want +got):\n%s", d)
	}
}
