package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/repriselabs/reprise"
)

// A Call is one request to a model's API.
type Call struct {
	Provider string
	Method   string       // empty: POST
	Client   *http.Client // nil: http.DefaultClient
	URL      string
	Header   http.Header // added to those that every call has
	Body     []byte
	Key      string // is kept out of error texts
	// Explain, when set, adds to each error of Do what is known of this API.
	// The body is that of an answer that is not a success; nil: there is none.
	Explain func(e *reprise.Error, body []byte)
}

// Do sends the call. An answer that is not a success becomes a
// [reprise.Error]; otherwise the caller closes the body.
func (c *Call) Do(ctx context.Context) (*http.Response, error) {
	method := c.Method
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return nil, c.explained(&reprise.Error{Provider: c.Provider, Kind: reprise.KindInvalid, Err: fmt.Errorf("the address %q: %w", withoutQuery(c.URL), unwrapURL(err))}, nil)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream, application/json")
	req.Header.Set("User-Agent", "reprise")
	for name, values := range c.Header {
		req.Header[name] = values
	}
	resp, err := c.client().Do(req)
	if err != nil {
		return nil, c.explained(c.Broken(ctx, err), nil)
	}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		return nil, c.refused(resp)
	}
	return resp, nil
}

// Fetch sends a call whose answer is one JSON value, and reads that.
func (c *Call) Fetch(ctx context.Context) (*http.Response, []byte, error) {
	resp, err := c.Do(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxWhole))
	if err != nil {
		return nil, nil, c.Broken(ctx, err)
	}
	return resp, body, nil
}

// client is the caller's, but for redirects to another host: net/http takes
// only the Authorization header off for these, and keys have other places.
func (c *Call) client() *http.Client {
	client := *http.DefaultClient
	if c.Client != nil {
		client = *c.Client
	}
	check := client.CheckRedirect
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case req.URL.Host != via[0].URL.Host:
			return fmt.Errorf("it redirects to %s, which is not %s: nothing was sent there", req.URL.Host, via[0].URL.Host)
		case check != nil:
			return check(req, via)
		case len(via) >= 10:
			return errors.New("it redirects too often")
		}
		return nil
	}
	return &client
}

// NoKey reports whether the call would reach the network without a key: a
// client with a transport of its own may add one, or need none.
func NoKey(key string, client *http.Client) bool {
	if key != "" {
		return false
	}
	if client == nil || client.Transport == nil {
		return true
	}
	_, ok := client.Transport.(*http.Transport)
	return ok
}

// Broken makes an error of one that the transport returned, for the request
// or in mid-stream.
func (c *Call) Broken(ctx context.Context, err error) *reprise.Error {
	var own *reprise.Error // of a transport that knows better, such as one that signs
	if errors.As(err, &own) {
		e := *own
		e.Err = c.clean(e.Err)
		if e.Provider == "" {
			e.Provider = c.Provider
		}
		return &e
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), unwrapURL(err))
	}
	return &reprise.Error{Provider: c.Provider, Kind: transportKind(err), Err: c.clean(unwrapURL(err))}
}

func transportKind(err error) reprise.Kind {
	var netErr net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return reprise.KindCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return reprise.KindTimeout
	case errors.As(err, &netErr) && netErr.Timeout():
		return reprise.KindTimeout
	case errors.Is(err, io.ErrUnexpectedEOF):
		return reprise.KindCut
	}
	var opErr *net.OpError
	var dnsErr *net.DNSError
	text := err.Error()
	if errors.As(err, &opErr) || errors.As(err, &dnsErr) || errors.Is(err, io.EOF) ||
		// net/http has no types for these:
		strings.Contains(text, "http2:") || strings.Contains(text, "server closed idle connection") || strings.Contains(text, "stream error:") {
		return reprise.KindNetwork
	}
	return reprise.KindTransport
}

// unwrapURL takes off net/http's wrapping, which repeats the whole address,
// and with it a key that may be in the query.
func unwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}

// clean takes the key out of an error's text.
func (c *Call) clean(err error) error {
	if c.Key == "" || !strings.Contains(err.Error(), c.Key) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), c.Key, "[key]"))
}

// maxErrorBody bounds what is read of an answer that is an error.
const maxErrorBody = 64 << 10

// refused makes an error of an answer whose status is not a success.
func (c *Call) refused(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what there is must do
	e := c.ErrorFrom(body, resp.StatusCode)
	if code, _, _ := strings.Cut(resp.Header.Get("X-Amzn-Errortype"), ":"); e.Code == "" && code != "" { // AWS's bodies have none
		said := complaint{words: code, message: e.Err.Error()}
		e.Code, e.Kind = code, said.kind(resp.StatusCode)
	}
	e.RetryAfter = retryAfter(resp.Header)
	e.RequestID = RequestID(resp.Header)
	return c.explained(e, body)
}

func (c *Call) explained(e *reprise.Error, body []byte) error {
	if c.Explain != nil {
		c.Explain(e, body)
	}
	return e
}

// RequestID is the provider's id of a request.
func RequestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "X-Amzn-Requestid", "X-Goog-Request-Id", "Cf-Ray"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// retryAfter reads Retry-After-Ms and both forms of Retry-After.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && ms < 1e12 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < 1e9 {
		return time.Duration(s * float64(time.Second))
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date")) // the server's clock, where it tells
	if err != nil {
		now = time.Now()
	}
	return max(0, at.Sub(now))
}

// ErrorFrom makes an error of a body that is one: in one of the forms that
// providers use, or anything else.
func (c *Call) ErrorFrom(body []byte, status int) *reprise.Error {
	e := &reprise.Error{Provider: c.Provider, Status: status}
	if c.Key != "" {
		body = bytes.ReplaceAll(body, []byte(c.Key), []byte("[key]")) // before anything is cut
	}
	said := errorBody(body)
	e.Code, e.Kind = said.code, said.kind(status)
	message := said.message
	if message == "" {
		message = describeBody(body, status)
	}
	e.Err = c.clean(errors.New(message))
	return e
}

// describeBody says what an answer is that has no error message.
func describeBody(body []byte, status int) string {
	text := strings.TrimSpace(string(body))
	switch {
	case text == "" && http.StatusText(status) != "":
		return strings.ToLower(http.StatusText(status)) + ", with an empty answer"
	case text == "":
		return "an empty answer"
	case text[0] == '<':
		return "an HTML page" + htmlTitle(text) + " instead of an answer: is the address that of the API?"
	}
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return fmt.Sprintf("an answer that says %q", text)
}

func htmlTitle(page string) string {
	_, rest, ok := strings.Cut(page, "<title>")
	title, _, ok2 := strings.Cut(rest, "</title>")
	if !ok || !ok2 || len(title) > 100 {
		return ""
	}
	return fmt.Sprintf(" (%q)", strings.TrimSpace(title))
}

// Host is the host of an address, which is known to be one: with a port, if
// there is one.
func Host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// IsAt reports whether a host is one of those whose suffixes are given, with
// spaces between, or without these that of an address.
func IsAt(host, suffixes, address string) bool {
	if suffixes == "" {
		suffixes = Host(address)
	}
	for suffix := range strings.FieldsSeq(suffixes) {
		if host == suffix || strings.HasSuffix(host, "."+suffix) {
			return true
		}
	}
	return false
}
