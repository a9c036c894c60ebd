package cassette

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// readBody reads and closes the body of the request.
func readBody(req *http.Request) (string, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return "", nil
	}
	defer req.Body.Close()
	var body strings.Builder
	const trusted = 64 << 20 // a length that is only announced
	if n := req.ContentLength; n > 0 && n <= trusted {
		body.Grow(int(n))
	}
	_, err := io.Copy(&body, req.Body)
	return body.String(), err
}

// request returns the request in the form in which it is stored and matched:
// without secrets, and sharing nothing with req.
func (c *Cassette) request(req *http.Request, body string) *Request {
	r := &Request{
		Proto:            req.Proto,
		ProtoMajor:       req.ProtoMajor,
		ProtoMinor:       req.ProtoMinor,
		ContentLength:    req.ContentLength,
		TransferEncoding: slices.Clone(req.TransferEncoding),
		Host:             c.Redact.Text(req.Host),
		Body:             c.Redact.Body(body),
		Header:           c.Redact.RequestHeader(req.Header),
		URL:              c.Redact.URL(req.URL.String()),
		Method:           req.Method,
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	r.Form = form(r)
	return r
}

// form returns the values of the query and of a form in the body, as go-vcr
// stores them.
func form(r *Request) url.Values {
	values := url.Values{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if body, err := url.ParseQuery(r.Body); err == nil {
			values = body
		}
	}
	if _, query, ok := strings.Cut(r.URL, "?"); ok {
		query, _, _ = strings.Cut(query, "#")
		if more, err := url.ParseQuery(query); err == nil {
			for key, list := range more {
				values[key] = append(values[key], list...)
			}
		}
	}
	if len(values) == 0 {
		return nil
	}
	return values
}

// outgoing returns a request for the network that shares nothing with the
// caller's which a transport could change.
func outgoing(req *http.Request, body string) *http.Request {
	out := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return out
	}
	out.Body = io.NopCloser(strings.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(body)), nil
	}
	return out
}
