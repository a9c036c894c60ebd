package cassette

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// Redacted stands for what was taken out.
const Redacted = "REDACTED"

// Redact says what is a secret besides the usual credentials. What it finds
// is stored, matched and shown as Redacted.
type Redact struct {
	Strings []string // secrets as they are; empty ones are ignored

	// Headers are names of request headers that are stored besides the
	// harmless ones (see RequestHeader).
	Headers []string
}

// Text returns s without secrets.
func (r *Redact) Text(s string) string {
	for _, secret := range r.Strings {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, Redacted)
		}
	}
	return s
}

// Body returns the body of a request or response without secrets. What was
// JSON still is.
func (r *Redact) Body(s string) string { return r.Text(s) }

// Stream returns the body of a response without secrets, and the chunks that
// it then has.
func (r *Redact) Stream(body string, chunks []Chunk) (string, []Chunk) {
	return r.Text(body), chunks
}

// URL returns the URL without the credentials in it.
func (r *Redact) URL(s string) string {
	head, query, ok := strings.Cut(s, "?")
	if scheme, rest, ok := strings.Cut(head, "://"); ok {
		if at := strings.IndexByte(rest, '@'); at >= 0 && !strings.Contains(rest[:at], "/") {
			head = scheme + "://" + Redacted + rest[at:]
		}
	}
	if !ok {
		return r.Text(head)
	}
	query, fragment, hash := strings.Cut(query, "#")
	var out strings.Builder
	out.WriteString(head)
	for n, pair := range strings.Split(query, "&") {
		out.WriteByte("?&"[min(n, 1)])
		name, _, value := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); value && err == nil && secretParam(plain) {
			pair = name + "=" + Redacted
		}
		out.WriteString(pair)
	}
	if hash {
		out.WriteString("#" + fragment)
	}
	return r.Text(out.String())
}

// secretParam reports whether a query parameter is a credential.
func secretParam(name string) bool {
	switch strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name)) {
	case "key", "apikey", "token", "accesstoken", "authtoken", "refreshtoken", "idtoken", "auth", "authorization",
		"password", "secret", "clientsecret", "sig", "signature", "code",
		"xamzsignature", "xamzcredential", "xamzsecuritytoken", "xgoogsignature", "xgoogcredential",
		"awsaccesskeyid", "subscriptionkey":
		return true
	}
	return false
}

// RequestHeader returns a copy of the headers of a request that are stored:
// those that are known to be harmless, and those named in Headers.
func (r *Redact) RequestHeader(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		if harmless(name) || r.named(name) {
			for _, value := range values {
				kept[name] = append(kept[name], r.Text(value))
			}
		}
	}
	if len(kept) == 0 {
		return nil
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
		kept[name] = []string{}
		for _, value := range values {
			kept[name] = append(kept[name], r.Text(value))
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func secretHeader(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Set-Cookie", "Set-Cookie2", "Cookie", "Authorization", "Proxy-Authorization", "Proxy-Authenticate",
		"X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Amz-Security-Token",
		"Openai-Organization", "Openai-Project", "Anthropic-Organization-Id":
		return true
	}
	return false
}
