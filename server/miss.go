package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/transcript"
)

// A MissError says that no recorded exchange answers a request, and why.
type MissError struct {
	Method, Path string
	Cassette     string // that the client named
	Exchanges    int    // that could have
	Used         bool   // Nearest matches, but this session has had its answer
	Nearest      string // the recorded exchange most like it, as file#id; empty: none is
	Changes      string // what differs, in words of the conversation, or what to do: a line each
	Problem      error  // the request to the model cannot be read, and so is like none
}

func (e *MissError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "no recording for %s %s", e.Method, e.Path)
	if e.Cassette != "" {
		fmt.Fprintf(&b, " in %s", e.Cassette)
	}
	switch {
	case e.Used:
		fmt.Fprintf(&b, ": %s is the same request, and this session has had its answer: it was asked more often than when it was recorded", e.Nearest)
	case e.Problem != nil:
		fmt.Fprintf(&b, ": %v", e.Problem)
	case e.Nearest == "":
		fmt.Fprintf(&b, ": nothing is like it among %d recorded exchanges", e.Exchanges)
	default:
		fmt.Fprintf(&b, ": nearest is %s", e.Nearest)
	}
	for line := range strings.Lines(e.Changes) {
		b.WriteString("\n  " + strings.TrimRight(line, "\n"))
	}
	return b.String()
}

// miss says why nothing answers a request.
func (h *Handler) miss(l *library, r *http.Request, a *asked, f found) error {
	e := &MissError{Method: a.method, Path: a.url.Path, Cassette: r.Header.Get(CassetteHeader), Used: f.used}
	var list []*entry
	for _, x := range l.entries {
		if x.isIn(e.Cassette) {
			list = append(list, x)
		}
	}
	e.Exchanges = len(list)
	if f.used {
		e.Nearest = f.entry.place()
		return e
	}
	if !a.read() {
		e.Problem = a.problem
		return e
	}
	l.decoded()
	near := nearest(list, a, h.translates(a.codec()))
	if near == nil {
		if slices.ContainsFunc(list, (*entry).read) {
			e.Changes = fmt.Sprintf("recordings of other APIs answer it with --as %s (Handler.As)", a.codec().API)
		}
		return e
	}
	e.Nearest = near.place()
	e.Changes = transcript.Changes(a.conversation, near.conversation)
	if e.Changes == "" {
		e.Changes = "it is the same conversation, but not the same request, and only exact matches count"
	}
	return e
}

// nearest is the recorded call most like a request. Those that begin and end
// alike are compared in full.
func nearest(list []*entry, a *asked, anyAPI bool) *entry {
	type candidate struct {
		*entry
		alike int
	}
	var all []candidate
	for _, e := range list {
		if e.read() && (anyAPI || e.codec().API == a.codec().API) {
			all = append(all, candidate{e, cassette.Alike(e.text, a.text)})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return b.alike - a.alike })
	const look = 8
	var best *entry
	fewest := 0
	for _, c := range all[:min(len(all), look)] {
		if n := len(cassette.Diff(c.text, a.text)); best == nil || n < fewest {
			best, fewest = c.entry, n
		}
	}
	return best
}

// refuse tells the client an error in the words of its API, and returns it.
func refuse(w http.ResponseWriter, a *asked, err error) error {
	told := &reprise.Error{Kind: reprise.KindServer, Status: http.StatusInternalServerError, Err: err}
	var own *reprise.Error
	switch {
	case errors.As(err, new(*MissError)):
		told.Kind, told.Status = reprise.KindNotFound, http.StatusNotFound
	case errors.As(err, &own):
		told = own
	}
	if a.isCall() {
		_ = a.codec().WriteError(w, told) // a client that is gone is told nothing
		return &refusal{err}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(max(told.Status, http.StatusBadRequest))
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": told.Err.Error(), "type": string(told.Kind)}})
	return &refusal{err}
}
