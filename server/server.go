// Package server answers requests to model APIs from recordings, whatever
// language they come from, and records them.
//
// A [Handler] answers. Point an SDK's base URL at it, and it gets what was
// recorded, chunk for chunk, without a key:
//
//	srv := httptest.NewServer(&server.Handler{Files: []string{"testdata/run.yaml"}})
//	client := openai.NewClient(option.WithBaseURL(srv.URL + "/v1"), option.WithAPIKey("none"))
//
// A [Proxy] passes requests on to the real API and records what comes.
// A [Server] is what either runs in, outside of tests.
package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/codec"
)

// The headers that a Handler knows.
const (
	// SessionHeader names a run: of each recorded exchange it gets one
	// answer, in the recorded order, whatever others ask for.
	SessionHeader = "Reprise-Session"

	// CassetteHeader names the one file to answer from, by its path as it
	// was given, or by the end of it: run.yaml.
	CassetteHeader = "Reprise-Cassette"

	// MatchHeader is in every answer: the [Rung], or "none".
	MatchHeader = "Reprise-Match"

	// ExchangeHeader is in every answer that was recorded: run.yaml#4 is the
	// interaction with the id 4.
	ExchangeHeader = "Reprise-Exchange"
)

// A Handler answers requests to any model API from recordings. Where these
// were recorded does not count: a request to /v1/chat/completions finds those
// of every host. Its fields are set before its first use and not changed
// after; it may be used by any number of goroutines.
//
// A request that was recorded several times gets the answers in their order.
// A session (see [SessionHeader]) has a progress of its own, and each answer
// once. Requests without one share theirs, and when all answers to a request
// were given it begins with the first again: so each run begins anew, and as
// its later requests hold what was answered before they find their own
// continuation.
type Handler struct {
	Files      []string                       // cassettes, and folders of them; looked at again when they change
	Recordings map[string]*cassette.Recording // further recordings, by a name
	Host       string                         // only exchanges with this host; empty: all
	Match      Rung                           // the lowest rung that counts; empty: Conversation

	// As lists APIs whose requests are answered from recordings of other
	// APIs too, on any rung but Exact: openai-chat, openai-responses,
	// anthropic, gemini.
	As []string

	// Redact names what is a secret besides the usual credentials, as it did
	// when the recordings were made: requests are compared without them.
	Redact cassette.Redact

	Pace    float64         // as for [cassette.Cassette]: 0 answers at once, 1 as recorded
	Fault   *cassette.Fault // spoils answers; its Transport is not used
	Loop    bool            // sessions begin again when they have had all answers too
	MaxBody int64           // bytes of a request; 0: 64 MiB

	// Done, when set, is told of each request when it is over. Problem is
	// told of files that cannot be read; the server goes on with the others.
	// Both may be called by several goroutines at once.
	Done    func(Answered)
	Problem func(error)

	shelf    shelf
	progress progress
}

// Answered is what became of a request. It holds no secret.
type Answered struct {
	Method, Path string
	API          string // empty: it is none to a model
	Session      string
	Rung         Rung              // empty: no recorded exchange answered
	Exchange     string            // which one did: file#id
	Status       int               // 0: the connection was broken before
	Bytes        int64             // of the answer's body
	FirstByte    time.Duration     // from the request to the answer's first byte
	Took         time.Duration     // from the request to the answer's end
	Warnings     []reprise.Warning // what the client's API could not carry
	Err          error             // a *MissError, or why the answer is not whole; nil: it is
}

// Check says what is wrong with the fields, files aside.
func (h *Handler) Check() error {
	if _, err := h.rungs(); err != nil {
		return err
	}
	if h.Pace < 0 {
		return fmt.Errorf("the pace %v is less than 0", h.Pace)
	}
	for _, api := range h.As {
		if !slices.Contains(codec.APIs(), api) {
			return fmt.Errorf("the API %q is none of %q", api, codec.APIs())
		}
	}
	return nil
}

// Load checks the fields and reads the files, and returns what is wrong with
// them. Without it the files are read by the first request.
func (h *Handler) Load() error {
	if err := h.Check(); err != nil {
		return err
	}
	l, err := h.library()
	if err != nil || len(l.entries) > 0 {
		return err
	}
	with := ""
	if h.Host != "" {
		with = fmt.Sprintf(" with %q", h.Host)
	}
	return fmt.Errorf("there are no recorded exchanges%s to answer from", with)
}

// Exchanges lists what can be answered, as file#id.
func (h *Handler) Exchanges() []string {
	l, err := h.library()
	if err != nil {
		return nil
	}
	var places []string
	for _, e := range l.entries {
		places = append(places, e.place())
	}
	return places
}

// ServeHTTP answers a request, or says in the words of its API why there is
// no recorded answer.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := newResponse(w, r)
	done := Answered{Method: r.Method, Path: r.URL.Path, Session: r.Header.Get(SessionHeader)}
	done.Err = h.serve(out, r, &done)
	out.end(done, h.Done)
}

// APIs lists the APIs of which there are recorded calls, and those of As.
func (h *Handler) APIs() []string {
	l, err := h.library()
	if err != nil {
		return nil
	}
	var apis []string
	for _, api := range codec.APIs() {
		recorded := slices.ContainsFunc(l.entries, func(e *entry) bool { return e.isCall() && e.codec().API == api })
		if recorded || slices.Contains(h.As, api) {
			apis = append(apis, api)
		}
	}
	return apis
}

// refusal is an error that the client was told.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

func (h *Handler) serve(w *response, r *http.Request, done *Answered) error {
	body, err := readBody(w, r, h.MaxBody)
	a := askedOf(r, "", h.Redact.Body(string(body)), &h.Redact)
	refused := func(err error) error {
		done.API = a.codec().API
		return refuse(w, a, err)
	}
	if err != nil {
		return refused(err)
	}
	l, err := h.library()
	if err != nil {
		return refused(err)
	}
	a.before = l.entries
	if r.URL.Path == "/" && r.Method == http.MethodGet {
		return h.welcome(w, l)
	}
	f, err := h.find(l, r, a)
	if err != nil {
		return refused(err)
	}
	if f.entry == nil || f.used {
		w.Header().Set(MatchHeader, "none")
		return refused(h.miss(l, r, a, f))
	}
	done.API, done.Rung, done.Exchange = f.api(), f.rung, f.entry.place()
	w.Header().Set(MatchHeader, string(f.rung))
	w.Header().Set(ExchangeHeader, f.entry.place())
	done.Warnings, err = h.answer(w, r, f)
	return err
}

// welcome tells people who look what this is.
func (h *Handler) welcome(w *response, l *library) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "This is a reprise replay server: it answers from %d recorded exchanges.\n\n", len(l.entries))
	for _, e := range l.entries {
		fmt.Fprintf(w, "%s %s %s\n", e.place(), e.method, e.url)
	}
	return nil
}

// defaultMaxBody bounds requests.
const defaultMaxBody = 64 << 20

// readBody reads the request's body. A client that stalls is not waited for.
func readBody(w *response, r *http.Request, most int64) ([]byte, error) {
	if most <= 0 {
		most = defaultMaxBody
	}
	w.patience(patience)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err == nil {
		w.patience(0)
		return body, nil
	}
	w.Header().Set("Connection", "close") // the rest is not waited for either
	if big := new(http.MaxBytesError); errors.As(err, &big) {
		err = &reprise.Error{Kind: reprise.KindInvalid, Status: http.StatusRequestEntityTooLarge, Err: fmt.Errorf("the request is larger than %d bytes", big.Limit)}
	} else {
		err = &reprise.Error{Kind: reprise.KindInvalid, Status: http.StatusBadRequest, Err: fmt.Errorf("the request's body: %w", err)}
	}
	return nil, err
}
