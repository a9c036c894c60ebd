package gemini

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/repriselabs/reprise"
)

const grounding = `{"candidates":[{"groundingMetadata":{"webSearchQueries":["q"],"groundingChunks":[{"web":{"uri":"https://a.example/1","title":"a"}},{"web":{"uri":"https://b.example/2","title":"b"}},{"retrievedContext":{"uri":"gs://c","title":"c","text":"what c says"}}],"groundingSupports":[{"segment":{"startIndex":3,"endIndex":8,"text":"Rome."},"groundingChunkIndices":[0,1],"confidenceScores":[0.9,0.8]},{"segment":{"endIndex":2,"text":"é"},"groundingChunkIndices":[1,99]}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1}}`

// cited is a citation without its Raw, and the text that it is of.
type cited struct {
	URL, Title, Quote, Of string
}

func citations(t *testing.T, stream string) []cited {
	t.Helper()
	got, err := reprise.Collect(ReadResponse(strings.NewReader(stream), "", nil))
	if err != nil {
		t.Fatal(err)
	}
	var out []cited
	for _, p := range got.Message.Parts {
		text, ok := p.(reprise.Text)
		if !ok {
			continue
		}
		for _, c := range text.Citations {
			if len(c.Raw) == 0 {
				t.Errorf("no Raw: %+v", c)
			}
			out = append(out, cited{c.URL, c.Title, c.Quote, text.Text[c.Start:c.End]})
		}
	}
	return out
}

func TestGrounding(t *testing.T) {
	all := []cited{{"https://a.example/1", "a", "", "Rome."}, {"https://b.example/2", "b", "", "Rome."}, {"https://b.example/2", "b", "", "é"}, {"gs://c", "c", "what c says", ""}}
	for _, c := range []struct {
		name, stream string
		want         []cited
	}{
		{"in a chunk of its own, at the end", sseOf(parts(`{"text":"é Ro"}`), parts(`{"text":"me."}`), grounding), all},
		{"in chunks that repeat it", sseOf(parts(`{"text":"é Rome."}`), grounding, grounding), all},
		{"after a thought, by the text of the segment", sseOf(parts(`{"text":"Rome.","thought":true}`), parts(`{"text":"é Rome."}`), grounding), all},
		{"over texts that are apart", sseOf(parts(`{"text":"é ","thoughtSignature":"AA=="}`), parts(`{"text":"Rome."}`), grounding), []cited{all[2], all[0], all[1], all[3]}},
		{"of a text that is not there", sseOf(parts(`{"text":"?"}`), grounding), []cited{{"https://a.example/1", "a", "", ""}, {"https://b.example/2", "b", "", ""}, {"gs://c", "c", "what c says", ""}}},
		{"without text", sseOf(grounding), nil},
		{"that is none", sseOf(last("STOP", `{"text":"a"}`), `{"candidates":[{"groundingMetadata":{}}]}`, `{"candidates":[{"groundingMetadata":7,"citationMetadata":[]}]}`), nil},
		{"the supports before the sources that they name, then again", sseOf(parts(`{"text":"Rome."}`), `{"candidates":[{"groundingMetadata":{"groundingChunks":[{"maps":{"uri":"https://m","title":"m"}}]}}]}`, `{"candidates":[{"groundingMetadata":{"groundingSupports":[{"segment":{"endIndex":5,"text":"Rome."},"groundingChunkIndices":[0]}]}}]}`, last("STOP")), []cited{{"https://m", "m", "", "Rome."}}},
		{"what is quoted", sseOf(parts(`{"text":"To be"}`), `{"candidates":[{"citationMetadata":{"citationSources":[{"startIndex":3,"endIndex":5,"uri":"https://q"},{"endIndex":900,"uri":"https://r"}]}}]}`, last("STOP")), []cited{{"https://q", "", "", "be"}, {"https://r", "", "", ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, citations(t, c.stream)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestGroundingIsKept(t *testing.T) {
	got, err := reprise.Collect(ReadResponse(strings.NewReader(sseOf(`{"candidates":[{"groundingMetadata":{"searchEntryPoint":{"renderedContent":"<b>"}}}]}`, grounding)), "", nil))
	if err != nil {
		t.Fatal(err)
	}
	meta := string(got.Extra["groundingMetadata"])
	for _, want := range []string{"webSearchQueries", "searchEntryPoint", "confidenceScores"} {
		if !strings.Contains(meta, want) {
			t.Errorf("no %s in %s", want, meta)
		}
	}
}
