package cassette

import (
	"bytes"
	"strings"
)

// A holder passes on a body in whole lines, without secrets, as it comes. It
// holds back what may be the first part of a secret until it is known, so
// that no part of one is passed on.
type holder struct {
	f     *finder
	raw   []byte            // what is held back
	lines int               // bytes of raw that are lines looked at
	tails map[string]string // by place in an event, the begin of what may be a secret
	doc   leafFinder
	place []byte
	begun bool // there was a line
	text  bool // the body is neither events nor JSON
	never bool // nothing more is passed on

	// suspect says that there is, or may be, a secret in a line or over
	// several.
	suspect bool
}

// add takes the next bytes of the body and returns what can be passed on.
func (h *holder) add(p []byte) string {
	if h.never || len(h.f.r.Patterns) > 0 { // nobody knows what a pattern still finds
		h.giveUp()
		return ""
	}
	seen := len(h.raw)
	h.raw = append(h.raw, p...)
	for !h.never {
		n := bytes.IndexByte(h.raw[seen:], '\n')
		if n < 0 {
			break
		}
		seen += n + 1
		h.line(string(h.raw[h.lines:seen]))
		h.lines = seen
	}
	if h.never || h.lines == 0 || len(h.tails) > 0 {
		return ""
	}
	text := string(h.raw[:h.lines])
	h.raw = append(h.raw[:0], h.raw[h.lines:]...)
	h.lines = 0
	if h.suspect {
		text = apply(text, h.f.edits(text, whole))
	}
	return text
}

// giveUp passes nothing on any more: the body is only searched as a whole, at
// its end.
func (h *holder) giveUp() {
	h.never, h.suspect = true, true
	h.raw, h.tails = nil, nil
}

// clean reports whether the whole body certainly holds no secret.
func (h *holder) clean() bool { return !h.suspect && len(h.raw) == 0 }

// line notes where the line may leave the begin of a secret, and whether one
// may be in it.
func (h *holder) line(line string) {
	if !h.f.none(line) {
		h.suspect = true
	}
	if !h.begun {
		h.begun = true
		h.text = !likeJSON(line) && !isEvents(line)
	}
	if h.text || !h.doc.parse(strings.TrimPrefix(line, "data:"), 0) {
		h.tail(nil, line)
		return
	}
	for i := range h.doc.leaves {
		if l := &h.doc.leaves[i]; !l.isKey && l.begin < l.end {
			text, _ := l.unescape(h.doc.text)
			h.tail(l, text)
		}
	}
}

func (h *holder) tail(l *leaf, text string) {
	at := len(text)
	if len(h.tails) == 0 {
		if at = h.f.open(text); at == len(text) {
			return
		}
	}
	h.place = h.place[:0]
	if l != nil {
		h.place = h.doc.appendPlace(h.place, l)
	}
	if before, ok := h.tails[string(h.place)]; ok || at == len(text) {
		text = before + text
		at = h.f.open(text)
		h.suspect = h.suspect || h.f.find(nil, text, whole) != nil
	}
	switch {
	case at == len(text):
		delete(h.tails, string(h.place))
		return
	case h.tails == nil:
		h.tails = map[string]string{}
	}
	h.tails[string(h.place)] = text[at:]
	const most = 8 << 10 // bytes; each event looks at all of them again
	if len(text)-at > most {
		h.giveUp()
	}
}

// open returns where in text a secret may have begun that goes on after the
// text's end, or len(text).
func (f *finder) open(text string) int {
	at := len(text)
	for _, s := range f.named {
		for n := min(len(s)-1, len(text)); n > len(text)-at; n-- {
			if strings.HasSuffix(text, s[:n]) {
				at = len(text) - n
			}
		}
	}
	if n := strings.LastIndex(text, "-----BEGIN "); n >= 0 && openPEM(text[n:]) {
		at = min(at, n)
	}
	word := len(text)
	for word > 0 && tokenByte(text[word-1]) {
		word--
	}
	if before, ok := strings.CutSuffix(text[:word], " "); ok {
		for _, scheme := range [...]string{"Bearer", "bearer", "Basic"} {
			if strings.HasSuffix(before, scheme) {
				return min(at, len(before)-len(scheme))
			}
		}
	}
	for _, parameter := range [...]string{"Signature=", "Credential="} {
		at = min(at, word+openParameter(text[word:], parameter))
	}
	for i := word; i < at; i++ {
		if (i == word || !wordByte(text[i-1])) && mayBegin(text[i:]) {
			return i
		}
	}
	return at
}

// openParameter returns where in the word a parameter begins that goes to its
// end, or the word's length.
func openParameter(word, parameter string) int {
	if n := strings.LastIndex(word, parameter); n >= 0 {
		return n
	}
	for n := min(len(word), len(parameter)-1); n > 0; n-- {
		if strings.HasSuffix(word, parameter[:n]) {
			return len(word) - n
		}
	}
	return len(word)
}

// openPEM reports whether the text, which begins as one, may become a private
// key.
func openPEM(text string) bool {
	const most = 60 // bytes up to the end of the label
	if strings.Contains(text[:min(len(text), most)], "PRIVATE KEY-----") {
		return privateKey(text, 0, false) < 0
	}
	return len(text) < most && !strings.Contains(text, "\n")
}

// mayBegin reports whether a word that goes on may be a key of some shape.
func mayBegin(word string) bool {
	for i := range dashed {
		if overlaps(word, dashed[i].prefix) {
			return true
		}
	}
	for i := range others {
		if overlaps(word, others[i].prefix) {
			return true
		}
	}
	return false
}

// overlaps reports whether one is the begin of the other.
func overlaps(word, prefix string) bool {
	n := min(len(word), len(prefix))
	return word[:n] == prefix[:n]
}

func tokenByte(b byte) bool { return wordByte(b) || strings.IndexByte(".~+/=", b) >= 0 }
