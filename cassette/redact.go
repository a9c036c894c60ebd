package cassette

import (
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Redacted stands for what was taken out.
const Redacted = "REDACTED"

// Redact says what is a secret besides the usual credentials. What it finds
// is stored, matched and shown as Redacted.
type Redact struct {
	Strings  []string         // secrets as they are; empty ones are ignored
	Patterns []*regexp.Regexp // what matches one is a secret

	// Headers are names of request headers that are stored besides the
	// harmless ones (see RequestHeader).
	Headers []string

	once   sync.Once
	finder *finder
}

// find returns the finder for the secrets; it is made once.
func (r *Redact) find() *finder {
	r.once.Do(func() { r.finder = newFinder(r) })
	return r.finder
}

// Text returns s without secrets.
func (r *Redact) Text(s string) string {
	f := r.find()
	return apply(s, tidyEdits(f.text(nil, s, 0, whole)))
}

// Body returns the body of a request without secrets. What was JSON still is.
func (r *Redact) Body(s string) string {
	f := r.find()
	if likeJSON(s) && f.none(s) {
		return s
	}
	return apply(s, f.edits(s, whole))
}

// Stream returns the body of a response without secrets, and the chunks that
// it then has. A secret that is split over events is found; its place is then
// in the first of them.
func (r *Redact) Stream(body string, chunks []Chunk) (string, []Chunk) {
	return r.stream(body, chunks, whole)
}

func (r *Redact) stream(body string, chunks []Chunk, how search) (string, []Chunk) {
	edits := r.find().edits(body, how)
	return apply(body, edits), applyChunks(chunks, edits)
}

// URL returns the URL without the credentials in it.
func (r *Redact) URL(s string) string {
	rest, fragment, hasFragment := strings.Cut(s, "#")
	out, query, hasQuery := strings.Cut(rest, "?")
	if scheme, rest, ok := strings.Cut(out, "//"); ok && (scheme == "" || strings.HasSuffix(scheme, ":")) {
		host, _, _ := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			out = scheme + "//" + Redacted + rest[at:]
		}
	}
	if hasQuery {
		out += "?" + redactPairs(query)
	}
	if hasFragment {
		out += "#" + redactPairs(fragment)
	}
	return r.Text(out)
}

// redactPairs returns the name=value pairs without those values whose names
// tell that they are credentials.
func redactPairs(query string) string {
	pairs := strings.Split(query, "&")
	for n, pair := range pairs {
		name, _, value := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); value && err == nil && secretParam(plain) {
			pairs[n] = name + "=" + Redacted
		}
	}
	return strings.Join(pairs, "&")
}

// secretParam reports whether a query parameter is a credential.
func secretParam(name string) bool {
	var buf [maxName]byte
	switch string(plainName(&buf, name)) {
	case "key", "token", "auth", "secret", "sig", "signature", "code",
		"xamzsignature", "xamzcredential", "xamzsecuritytoken", "xgoogsignature", "xgoogcredential",
		"awsaccesskeyid", "subscriptionkey":
		return true
	}
	return secretMember(name)
}

// RequestHeader returns a copy of the headers of a request that are stored:
// those that are known to be harmless, and those named in Headers.
func (r *Redact) RequestHeader(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		if harmless(name) || r.named(name) {
			kept[name] = r.values(name, values)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// values returns the values of a header that is stored.
func (r *Redact) values(name string, values []string) []string {
	kept := make([]string, 0, len(values))
	for _, value := range values {
		if isURLHeader(name) {
			value = r.URL(value)
		} else {
			value = r.Text(value)
		}
		kept = append(kept, value)
	}
	return kept
}

func harmless(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Type", "User-Agent",
		"Anthropic-Version", "Anthropic-Beta", "Openai-Beta", "X-Goog-Api-Client", "Mcp-Protocol-Version":
		return true
	}
	return false
}

func (r *Redact) named(name string) bool {
	for _, h := range r.Headers {
		if strings.EqualFold(h, name) {
			return true
		}
	}
	return false
}

// ResponseHeader returns a copy of the headers of a response without
// credentials and the names of accounts.
func (r *Redact) ResponseHeader(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		if secretHeader(name) && !r.named(name) {
			continue
		}
		kept[name] = r.values(name, values)
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func secretHeader(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Set-Cookie", "Set-Cookie2", "Cookie", "Authorization", "Proxy-Authorization", "Proxy-Authenticate",
		"Openai-Organization", "Openai-Project", "Anthropic-Organization-Id", "Private-Token", "X-Vault-Token":
		return true
	}
	name = strings.ToLower(name)
	for _, end := range [...]string{"api-key", "subscription-key", "auth-token", "access-token", "security-token", "session-token", "client-secret", "-authorization"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
