package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
)

// An Upstream is a real API, and the paths that go to it.
type Upstream struct {
	Prefix string // of the path, which is taken off: "" or "/" for all, or /openai
	URL    string // such as https://api.openai.com
}

// Check says what is wrong with the address.
func (up Upstream) Check() error {
	u, err := url.Parse(up.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("the upstream %q is not an address such as https://api.openai.com", up.URL)
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("the upstream %s has more than a host and a path", u.Redacted())
	}
	return nil
}

// A Proxy passes requests on to real APIs, and records them: it is the way to
// record a program in any language. Answers pass through as they come. Keys
// pass through too, and are never stored. A Proxy may be used by any number
// of goroutines; its fields are not changed after its first use.
type Proxy struct {
	Upstreams []Upstream         // the longest prefix that fits counts
	Cassette  *cassette.Cassette // records, and in Append replays what it has
	MaxBody   int64              // bytes of a request; 0: 64 MiB

	// Done, when set, is told of each request when it is over, perhaps by
	// several goroutines at once.
	Done func(Answered)
}

// Check says what is wrong with the fields.
func (p *Proxy) Check() error {
	if len(p.Upstreams) == 0 {
		return errors.New("Proxy.Upstreams is empty: there is nowhere to pass requests on to")
	}
	for _, up := range p.Upstreams {
		if err := up.Check(); err != nil {
			return err
		}
	}
	if p.Cassette == nil {
		return errors.New("Proxy.Cassette is nil: there is nothing to record to")
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := newResponse(w, r)
	done := Answered{Method: r.Method, Path: r.URL.Path}
	done.Err = p.serve(out, r, &done)
	out.end(done, p.Done)
}

func (p *Proxy) serve(w *response, r *http.Request, done *Answered) error {
	body, err := readBody(w, r, p.MaxBody)
	target, found := p.target(r.URL)
	a := askedOf(r, target.Host, string(body), &p.Cassette.Redact)
	if a.isCall() {
		done.API = a.codec().API
	}
	switch {
	case err != nil:
		return refuse(w, a, err)
	case !found:
		return refuse(w, a, &reprise.Error{Kind: reprise.KindNotFound, Status: http.StatusNotFound, Err: fmt.Errorf("no upstream for %s: there are %s", r.URL.Path, p.prefixes())})
	}
	if err := unrecordable(r); err != nil {
		return refuse(w, a, err)
	}
	resp, err := p.Cassette.RoundTrip(passedOn(r, target, body))
	if err != nil {
		if r.Context().Err() != nil {
			return err
		}
		if own := new(cassette.FileError); errors.As(err, &own) { // not the upstream's fault
			return refuse(w, a, err)
		}
		return refuse(w, a, &reprise.Error{Kind: reprise.KindNetwork, Status: http.StatusBadGateway, Err: fmt.Errorf("%s: %w", target.Host, withoutURL(err))})
	}
	err = copyResponse(w, resp)
	// A recording that cannot be written is worse than an answer cut short.
	return errors.Join(err, resp.Body.Close())
}

// target is where a request goes.
func (p *Proxy) target(u *url.URL) (url.URL, bool) {
	var best *Upstream
	rest := ""
	for i, up := range p.Upstreams {
		prefix := strings.TrimSuffix(up.Prefix, "/")
		after, ok := strings.CutPrefix(u.EscapedPath(), prefix)
		if !ok || after != "" && after[0] != '/' || best != nil && len(prefix) <= len(strings.TrimSuffix(best.Prefix, "/")) {
			continue
		}
		best, rest = &p.Upstreams[i], after
	}
	if best == nil {
		return *u, false
	}
	base := strings.TrimSuffix(best.URL, "/")
	to, err := url.Parse(base)
	if err != nil {
		return *u, false
	}
	// Some give an address with the /v1 that their clients add too.
	if after, ok := strings.CutPrefix(rest, to.EscapedPath()+"/"); ok && to.Path != "" {
		rest = "/" + after
	}
	if to, err = url.Parse(base + rest); err != nil {
		return *u, false
	}
	to.RawQuery = u.RawQuery
	return *to, true
}

func (p *Proxy) prefixes() string {
	var all []string
	for _, up := range p.Upstreams {
		all = append(all, fmt.Sprintf("%s/ for %s", strings.TrimSuffix(up.Prefix, "/"), up.URL))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// unrecordable says why a request cannot be passed on.
func unrecordable(r *http.Request) error {
	why := ""
	switch {
	case r.Header.Get("Upgrade") != "" && r.Header.Get("Upgrade") != "h2c": // Java's client offers it; HTTP/1.1 does
		why = fmt.Sprintf("%s cannot be recorded: only HTTP can", r.Header.Get("Upgrade"))
	case strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-"):
		why = "the request is signed for the address of this proxy, and AWS would refuse it: use a Bedrock API key (AWS_BEARER_TOKEN_BEDROCK), or record in the program with package cassette"
	case r.URL.Query().Has("X-Amz-Signature"):
		why = "the address is signed for this proxy, and AWS would refuse it"
	default:
		return nil
	}
	return &reprise.Error{Kind: reprise.KindInvalid, Status: http.StatusNotImplemented, Err: errors.New(why)}
}

// passedOn is the request to the real API.
func passedOn(r *http.Request, target url.URL, body []byte) *http.Request {
	out := &http.Request{
		Method: r.Method, URL: &target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, ContentLength: int64(len(body)),
	}
	for name, values := range r.Header {
		if hopHeader(name) || strings.HasPrefix(name, "Reprise-") || name == "Origin" || name == "Referer" {
			continue
		}
		out.Header[name] = values
	}
	for name := range strings.SplitSeq(strings.Join(r.Header["Connection"], ","), ",") {
		out.Header.Del(strings.TrimSpace(name)) // is of the connection too
	}
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header.Set("User-Agent", "") // or net/http sends its own
	}
	// The transport asks for gzip itself, and undoes it: recordings are text.
	out.Header.Del("Accept-Encoding")
	if len(body) > 0 {
		out.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	return out.WithContext(r.Context())
}

// withoutURL takes off net/http's wrapping, which repeats an address that may
// have a key in it.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
