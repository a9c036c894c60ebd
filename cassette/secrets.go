package cassette

import (
	"encoding/json"
	"net/url"
	"strings"
)

// A span is a secret in a text.
type span struct {
	begin, end int
	kind       string // what it is, for people
}

// A shape is the look of a well-known kind of key: a prefix at the begin of a
// word, and then at least min characters.
type shape struct {
	kind, prefix string
	min          int
}

// Shapes whose prefix ends in "-" or "_". What follows is a word that looks
// random.
var dashed = [...]shape{
	{"API key (sk-)", "sk-", 20}, // OpenAI, Anthropic, OpenRouter, DeepSeek, …
	{"xAI key", "xai-", 20},
	{"Perplexity key", "pplx-", 20},
	{"NVIDIA key", "nvapi-", 20},
	{"Cerebras key", "csk-", 20},
	{"Tavily key", "tvly-", 20},
	{"Voyage key", "pa-", 40},
	{"GitLab token", "glpat-", 20},
	{"Slack token", "xoxb-", 20},
	{"Slack token", "xoxp-", 20},
	{"Slack token", "xoxa-", 20},
	{"Slack token", "xoxr-", 20},
	{"Slack token", "xoxs-", 20},
	{"Slack token", "xapp-", 20},
	{"GitHub token", "ghp_", 30},
	{"GitHub token", "gho_", 30},
	{"GitHub token", "ghu_", 30},
	{"GitHub token", "ghs_", 30},
	{"GitHub token", "ghr_", 30},
	{"GitHub token", "github_pat_", 40},
	{"Groq key", "gsk_", 20},
	{"Hugging Face token", "hf_", 30},
	{"Replicate token", "r8_", 30},
	{"Fireworks key", "fw_", 20},
	{"npm token", "npm_", 30},
	{"Stripe key", "sk_live_", 20},
	{"Stripe key", "rk_live_", 20},
	{"webhook secret", "whsec_", 20},
	{"Langfuse key", "sk-lf-", 20},
}

// The other shapes.
var others = [...]struct {
	shape
	mark byte // a byte of the prefix that is rare in other text
	look look
}{
	{shape{"Google API key", "AIza", 35}, 'z', look{most: 40}},
	{shape{"Google OAuth token", "ya29.", 20}, '9', look{token: true, drawn: true}},
	{shape{"AWS access key id", "AKIA", 16}, 'K', look{most: 16, upper: true}},
	{shape{"AWS access key id", "ASIA", 16}, 'S', look{most: 16, upper: true}},
	{shape{"JSON web token", "eyJ", 20}, 'J', look{token: true, dots: true}},
	{shape{"bearer token", "Bearer ", 16}, 'B', look{token: true, digit: true, stays: true}},
	{shape{"bearer token", "bearer ", 16}, 'b', look{token: true, digit: true, stays: true}},
	{shape{"basic credentials", "Basic ", 12}, 'B', look{token: true, drawn: true, stays: true}},
	{shape{"AWS signature", "Signature=", 40}, '=', look{drawn: true, stays: true, anywhere: true}},
	{shape{"AWS credential", "Credential=", 16}, '=', look{token: true, digit: true, stays: true, anywhere: true}},
	{shape{"private key", "-----BEGIN ", 0}, 'G', look{pem: true}},
}

// look is what else there is to a shape.
type look struct {
	most     int  // characters after the prefix; 0: any number
	token    bool // these may be ".~+/=" too
	drawn    bool // they look random
	digit    bool // one is a digit
	upper    bool // all are capitals or digits
	dots     bool // they have the dots of a JSON web token
	stays    bool // the prefix is no secret
	anywhere bool // the prefix may be in the middle of a word
	pem      bool // it is a private key in PEM
}

// finder finds secrets in texts.
type finder struct {
	r     *Redact
	named []string // r.Strings in every spelling, the longest first
}

func newFinder(r *Redact) *finder {
	f := &finder{r: r}
	seen := map[string]bool{"": true}
	for _, s := range r.Strings {
		once := jsonText(s)
		for _, spelling := range []string{s, once, jsonText(once), url.QueryEscape(s), url.PathEscape(s)} {
			if !seen[spelling] {
				seen[spelling] = true
				f.named = append(f.named, spelling)
			}
		}
	}
	return f
}

// jsonText returns s as it is in a JSON string.
func jsonText(s string) string {
	if s == "" {
		return ""
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(s) // cannot fail
	text := strings.TrimSuffix(b.String(), "\n")
	return text[1 : len(text)-1]
}

// How a text is searched.
type search int

const (
	whole search = iota
	cut          // what may be the begin of a secret at the text's end is one too
	loose        // a key may begin in the middle of a word
)

// find appends the secrets in text.
func (f *finder) find(spans []span, text string, how search) []span {
	for _, s := range f.named {
		spans = findNamed(spans, text, s, how)
	}
	for _, p := range f.r.Patterns {
		for _, m := range p.FindAllStringIndex(text, -1) {
			if m[0] < m[1] {
				spans = append(spans, span{m[0], m[1], "match of " + p.String()})
			}
		}
	}
	spans = findDashed(spans, text, '-', how)
	spans = findDashed(spans, text, '_', how)
	for i := range others {
		o := &others[i]
		off := strings.IndexByte(o.prefix, o.mark)
		for at := 0; ; at++ {
			n := strings.IndexByte(text[at:], o.mark)
			if n < 0 {
				break
			}
			at += n
			if at >= off && strings.HasPrefix(text[at-off:], o.prefix) {
				spans = o.at(spans, text, at-off, how, o.look)
			}
		}
	}
	return spans
}

// findDashed appends the secrets whose prefix ends in mark.
func findDashed(spans []span, text string, mark byte, how search) []span {
	for at := 0; ; at++ {
		n := strings.IndexByte(text[at:], mark)
		if n < 0 {
			return spans
		}
		at += n
		if at < 2 || !dashedEnd(text[at-2:at+1]) {
			continue
		}
		for i := range dashed {
			if strings.HasSuffix(text[:at+1], dashed[i].prefix) {
				spans = dashed[i].at(spans, text, at+1-len(dashed[i].prefix), how, look{drawn: true})
			}
		}
	}
}

// dashedEnd reports whether one of dashed ends so.
func dashedEnd(end string) bool {
	switch end {
	case "sk-", "ai-", "lx-", "pi-", "ly-", "pa-", "at-", "xb-", "xp-", "xa-", "xr-", "xs-", "pp-", "lf-",
		"hp_", "ho_", "hu_", "hs_", "hr_", "at_", "sk_", "hf_", "r8_", "fw_", "pm_", "ve_", "ec_":
		return true
	}
	return false
}

// none reports whether the JSON text certainly holds no secret. It is quick.
func (f *finder) none(text string) bool {
	if len(f.r.Patterns) > 0 || strings.Contains(text, `\u`) || strings.Contains(text, `\/`) {
		return false
	}
	for at := 0; ; at++ {
		n := strings.IndexByte(text[at:], '"')
		if n < 0 {
			break
		}
		at += n
		if at < 3 {
			continue
		}
		end := [3]byte{text[at-3] | 0x20, text[at-2] | 0x20, text[at-1] | 0x20}
		switch string(end[:]) {
		case "ken", "ret", "key", "ion", "ord": // as the names of secretMember end
			if secretMember(text[strings.LastIndexByte(text[:at], '"')+1 : at]) {
				return false
			}
		}
	}
	return f.find(nil, text, loose) == nil
}

func findNamed(spans []span, text, secret string, how search) []span {
	const kind = "secret that was named"
	for at := 0; ; {
		n := strings.Index(text[at:], secret)
		if n < 0 {
			break
		}
		spans = append(spans, span{at + n, at + n + len(secret), kind})
		at += n + len(secret)
	}
	if how == cut {
		const least = 4 // bytes of a secret's begin that tell something
		for n := min(len(secret)-1, len(text)); n >= least; n-- {
			if strings.HasSuffix(text, secret[:n]) {
				return append(spans, span{len(text) - n, len(text), kind})
			}
		}
	}
	return spans
}

// at appends the secret of this shape that begins at begin, if there is one.
func (s *shape) at(spans []span, text string, begin int, how search, look look) []span {
	if begin > 0 && how != loose && !look.anywhere && wordByte(text[begin-1]) {
		return spans
	}
	if look.pem {
		if end := privateKey(text, begin, how == cut); end >= 0 {
			spans = append(spans, span{begin, end, s.kind})
		}
		return spans
	}
	const longest = 8 << 10 // bytes that a key has, so that many begins of one cost little
	body := begin + len(s.prefix)
	end, limit := body, min(len(text), body+longest)
	for end < limit && (wordByte(text[end]) || look.token && tokenByte(text[end])) && !redactedAt(text, end) {
		end++
	}
	for end > body && text[end-1] == '.' { // of a sentence
		end--
	}
	const least = 4 // characters of a key's begin that tell something
	value := text[body:end]
	if !(len(value) >= s.min && look.fits(value)) && !(how == cut && end == len(text) && len(value) >= least && !look.dots) {
		return spans
	}
	if look.stays {
		begin = body
	}
	return append(spans, span{begin, end, s.kind})
}

func (l look) fits(value string) bool {
	switch {
	case l.most > 0 && len(value) > l.most:
		return false
	case l.drawn && !random(value):
		return false
	case l.digit && !strings.ContainsAny(value, "0123456789"):
		return false
	case l.upper && (strings.ToUpper(value) != value || strings.ContainsAny(value, "_-")):
		return false
	}
	dots := strings.Count(value, ".")
	return !l.dots || dots == 2 || dots == 4
}

// redactedAt reports whether a secret was taken out there.
func redactedAt(text string, at int) bool {
	return text[at] == Redacted[0] && strings.HasPrefix(text[at:], Redacted)
}

// privateKey returns the end of the private key in PEM that begins at begin,
// or -1.
func privateKey(text string, begin int, cut bool) int {
	const longest = 32 << 10 // bytes
	line := text[begin:min(len(text), begin+longest)]
	label := strings.Index(line[:min(len(line), 60)], "PRIVATE KEY-----")
	if label < 0 {
		return -1
	}
	end := strings.Index(line[label:], "-----END ")
	if end >= 0 {
		end += label
		if dashes := strings.Index(line[end+9:], "-----"); dashes >= 0 && dashes < 40 {
			return begin + end + 9 + dashes + 5
		}
	}
	if cut {
		return len(text)
	}
	return -1
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_'
}

// random reports whether the text looks drawn, not written: it has a digit,
// and capital letters or a long run without "-" and "_".
func random(s string) bool {
	digit, upper, run, longest := false, false, 0, 0
	for i := range len(s) {
		switch b := s[i]; {
		case b == '-' || b == '_':
			run = 0
			continue
		case b >= '0' && b <= '9':
			digit = true
		case b >= 'A' && b <= 'Z':
			upper = true
		}
		run++
		longest = max(longest, run)
	}
	return digit && (upper || longest >= 16)
}
