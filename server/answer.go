package server

import (
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/codec"
)

// answer replays a recorded answer: as it is if the client wants it in this
// form, else in the words of the client's API. An error means that the
// connection has to be broken.
func (h *Handler) answer(w *response, r *http.Request, f found) ([]reprise.Warning, error) {
	resp, err := h.replay(r, f.entry)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	made := resp.StatusCode != f.entry.in.Response.Code // by a fault, in nobody's words
	if !f.entry.isCall() || !made && f.fits() {
		return nil, copyResponse(w, resp)
	}
	return translate(w, resp, f)
}

// replay returns what was recorded, or what the fault makes of it.
func (h *Handler) replay(r *http.Request, e *entry) (*http.Response, error) {
	recorded := roundTripper(func(r *http.Request) (*http.Response, error) { return e.in.Replay(r, h.Pace) })
	if h.Fault == nil {
		return recorded(r)
	}
	return h.Fault.With(recorded).RoundTrip(r)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// copyResponse passes a response on, chunk for chunk.
func copyResponse(w *response, resp *http.Response) error {
	copyHeader(w.Header(), resp.Header)
	if w.Header()["Content-Type"] == nil {
		w.Header()["Content-Type"] = nil // or net/http guesses one
	}
	if resp.ContentLength >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
	}
	w.WriteHeader(resp.StatusCode)
	if resp.ContentLength < 0 { // a client may wait for the headers, and the body may take its time
		if err := w.FlushError(); err != nil {
			return err
		}
	}
	if err := copyBody(w, resp.Body); err != nil {
		return err
	}
	for name, values := range resp.Trailer {
		for _, v := range values {
			w.Header().Add(http.TrailerPrefix+name, v)
		}
	}
	return nil
}

// copyHeader adds the headers that are not of the connection, nor of a server
// like this one, of which the answer was recorded. What a page may do is for
// the [Guard] to say, if it has.
func copyHeader(to, from http.Header) {
	guarded := to.Get("Access-Control-Allow-Origin") != ""
	for name, values := range from {
		name = textproto.CanonicalMIMEHeaderKey(name) // people write recordings too
		switch {
		case name == "Content-Length", name == "Alt-Svc", name == "Strict-Transport-Security": // of another server
		case hopHeader(name), strings.HasPrefix(name, "Reprise-"):
		case guarded && strings.HasPrefix(name, "Access-Control-"):
		default:
			to[name] = append(to[name], values...)
		}
	}
}

// hopHeader reports whether a header is of a connection, and not of what is
// sent over it.
func hopHeader(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// copyBody passes each piece on as it comes.
func copyBody(w *response, body io.Reader) error {
	_, err := io.Copy(flushed{w}, body)
	return err
}

// flushed passes on each piece that is written to it.
type flushed struct{ *response }

func (w flushed) Write(b []byte) (int, error) {
	n, err := w.response.Write(b)
	if err != nil {
		return n, err
	}
	return n, w.FlushError()
}

func (w flushed) WriteString(s string) (int, error) {
	n, err := w.response.WriteString(s)
	if err != nil {
		return n, err
	}
	return n, w.FlushError()
}

// translate writes a recorded answer in the words of the client's API.
func translate(w *response, resp *http.Response, f found) ([]reprise.Warning, error) {
	theirs, ours := f.entry.codec(), f.asked.codec()
	for _, name := range []string{"Retry-After", "Retry-After-Ms"} {
		if v := resp.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	if resp.StatusCode >= 300 {
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		return nil, ours.WriteError(w, theirs.Error(body, resp.StatusCode))
	}
	warnings, err := ours.WriteResponse(w, theirs.Response(resp.Body, f.entry.request), f.entry.known())
	switch {
	case err == nil:
		return warnings, nil
	case w.status == 0 && f.entry.in.Outcome == cassette.Complete:
		return warnings, refuse(w, f.asked, err)
	case w.status != 0 && codec.Told(err):
		return warnings, &refusal{err}
	}
	return warnings, err
}
