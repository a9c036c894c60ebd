package cassette

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// readBody reads and closes the body of the request.
func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

// request returns the request in the form in which it is stored and matched:
// without secrets, and sharing nothing with req.
func (c *Cassette) request(req *http.Request, body []byte) *Request {
	r := &Request{
		Proto:            req.Proto,
		ProtoMajor:       req.ProtoMajor,
		ProtoMinor:       req.ProtoMinor,
		ContentLength:    req.ContentLength,
		TransferEncoding: slices.Clone(req.TransferEncoding),
		Host:             c.Redact.Text(req.Host),
		Body:             c.Redact.Body(string(body)),
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
func outgoing(req *http.Request, body []byte) *http.Request {
	out := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return out
	}
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(body)), nil
	}
	return out
}
