package openai

import (
	"encoding/json"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// thinking is reasoning that is being written: as its summaries, or as its full
// text.
type thinking struct {
	words  *thoughtWords
	pieces []string // as they are known to come; the last takes what is left
	done   []string
	begun  bool // a piece
	text   strings.Builder
	gap    int // how much came of what is between this piece and the next
}

// thoughtWords are those in which the API tells of reasoning.
type thoughtWords struct {
	list        string // the member of the item
	part, text  string // the events
	index, kind string
}

var (
	summaryWords = &thoughtWords{"summary", "reasoning_summary_part", "reasoning_summary_text", "summary_index", "summary_text"}
	fullWords    = &thoughtWords{"content", "content_part", "reasoning_text", "content_index", "reasoning_text"}
)

// thinkingOf plans how reasoning is told, as far as it is known. Its item tells
// into which pieces its text falls.
func thinkingOf(item []byte, text string) *thinking {
	t := &thinking{words: summaryWords}
	_ = eachMember(item, func(key string, value []byte) { // nil has none
		words := map[string]*thoughtWords{summaryWords.list: summaryWords, fullWords.list: fullWords}[key]
		var pieces []struct {
			Text string `json:"text"`
		}
		if words == nil || json.Unmarshal(value, &pieces) != nil {
			return
		}
		var texts []string
		for _, p := range pieces {
			texts = append(texts, p.Text)
		}
		if len(texts) == 0 || strings.Join(texts, between) != text {
			return
		}
		t.pieces = texts
		t.words = words
	})
	return t
}

// ownThought is the item that reasoning came as, or nil.
func (a *writer) ownThought(e *reprise.Echo) []byte {
	if e == nil || !a.Dialect.owns(e.Provider) || !json.Valid(e.Data) || typeOf(e.Data) != "reasoning" {
		return nil
	}
	return onOneLine(e.Data)
}

func (a *writer) reasoning(part int, delta string) error {
	if a.begin(part) {
		if err := a.endMessage(); err != nil {
			return err
		}
		known, _ := a.known(part).(reprise.Reasoning)
		item := a.ownThought(known.Echo)
		id := a.idOf(item, "rs")
		a.thought = thinkingOf(item, known.Text)
		if a.thought.pieces == nil { // the item does not tell what comes
			item = nil
		}
		if err := a.open(a.thought.item(item, id)); err != nil {
			return err
		}
	}
	return a.think(delta)
}

// item is the item that reasoning came as, or one that is made.
func (t *thinking) item(own []byte, id string) []byte {
	if _, ownID := head(own); own != nil && ownID == id {
		return own
	}
	return itemOf("reasoning", id, own, func(e *wire.Encoder) {
		if own == nil {
			t.lists(e)
		}
	})
}

// lists writes the pieces of an item that is made. All items have a list of
// summaries.
func (t *thinking) lists(e *wire.Encoder) {
	for _, w := range []*thoughtWords{summaryWords, fullWords} {
		if w != summaryWords && w != t.words {
			continue
		}
		e.Key(w.list)
		e.Open('[')
		for _, s := range t.done {
			if w == t.words {
				e.Raw(w.piece(s))
			}
		}
		e.Close(']')
	}
}

func (w *thoughtWords) piece(text string) []byte {
	var e wire.Encoder
	e.Open('{')
	e.Field("type", w.kind)
	e.Field("text", text)
	e.Close('}')
	return e.Buf
}

// think adds to reasoning: to the piece that it belongs to.
func (a *writer) think(text string) error {
	t := a.thought
	for text != "" {
		if !t.begun {
			if err := a.beginThought(); err != nil {
				return err
			}
		}
		n := len(text)
		if len(t.done)+1 < len(t.pieces) {
			left := t.pieces[len(t.done)][t.text.Len():]
			want := left
			if left == "" {
				want = between[t.gap:]
			}
			n = min(n, len(want))
			switch {
			case text[:n] != want[:n]: // it is not what was known
				text, t.gap, t.pieces = between[:t.gap]+text, 0, nil
				continue
			case left == "":
				t.gap += n
				text = text[n:]
				if t.gap == len(between) {
					if err := a.endThought(); err != nil {
						return err
					}
					if err := a.beginThought(); err != nil {
						return err
					}
				}
				continue
			}
		}
		if err := a.addThought(text[:n]); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

func (a *writer) beginThought() error {
	a.thought.begun = true
	return a.tellThought(a.thought.words.part+".added", func() {
		a.Key("part")
		a.Raw(a.thought.words.piece(""))
	})
}

func (a *writer) addThought(delta string) error {
	a.thought.text.WriteString(delta)
	return a.tellThought(a.thought.words.text+".delta", func() { a.Field("delta", delta) })
}

// endThought ends a piece.
func (a *writer) endThought() error {
	t := a.thought
	text := t.text.String()
	err := a.tellThought(t.words.text+".done", func() { a.Field("text", text) })
	if err == nil {
		err = a.tellThought(t.words.part+".done", func() {
			a.Key("part")
			a.Raw(t.words.piece(text))
		})
	}
	t.done = append(t.done, text)
	t.text.Reset()
	t.begun, t.gap = false, 0
	return err
}

func (a *writer) tellThought(event string, members func()) error {
	return a.tell(event, func() {
		a.count(a.thought.words.index, int64(len(a.thought.done)))
		members()
	})
}

func (a *writer) reasoningDone(part int, r reprise.Reasoning) error {
	item := a.ownThought(r.Echo)
	if item == nil {
		a.DroppedEcho(r.Echo, "reasoning")
	}
	if a.begin(part) { // it is hidden
		if item == nil {
			return nil
		}
		return a.put(thinkingOf(nil, "").item(item, a.idOf(item, "rs")))
	}
	t := a.thought
	if t.gap > 0 { // it was not what is between two pieces
		if err := a.addThought(between[:t.gap]); err != nil {
			return err
		}
	}
	if err := a.endThought(); err != nil {
		return err
	}
	if id := a.idOf(item, "rs"); item != nil && id != a.item {
		a.untold(part, "reasoning")
	}
	return a.close(t.item(item, a.item))
}
