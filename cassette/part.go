package cassette

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

var errInUse = errors.New("another cassette is recording to it")

// A part is the file beside the recording, FILE.part, that is there while a
// program records. Its lock keeps other recorders away. Its content, lines of
// JSON, is what came so far of the exchanges that have not ended: if the
// program is killed, the next one that records to the file finds it.
type part struct {
	mu      sync.Mutex
	file    *os.File
	finder  *finder
	holders map[int]*holder // of the exchanges that have not ended; nil for those of a killed program
	next    int             // no exchange in it has this id or a higher one
	err     error           // of the first write that failed
	changed func()          // see Cassette
}

// A partLine is a line of the part.
type partLine struct {
	ID      int        `json:"id"`
	Started *time.Time `json:"started,omitempty"`
	Lane    string     `json:"lane,omitempty"`
	Request *Request   `json:"request,omitempty"`
	Head    *Response  `json:"head,omitempty"`  // no body
	Data    string     `json:"data,omitempty"`  // of the body, as it comes
	Bytes   []byte     `json:"bytes,omitempty"` // the request's body, or data, when it is not text
	Ended   bool       `json:"ended,omitempty"`
}

// openPart claims the file and returns, besides the part, the exchanges that
// were going on when the program that had it before was killed. They stay in
// the part until ended is called for each.
func openPart(file string, f *finder) (*part, []Interaction, error) {
	out, err := openLocked(file + ".part")
	if err != nil {
		return nil, nil, err
	}
	p := &part{file: out, finder: f, holders: map[int]*holder{}}
	found, size := recoverPart(out)
	for n := range found {
		p.holders[found[n].ID] = nil
		p.next = max(p.next, found[n].ID+1)
	}
	// What follows the lines that it read was being written at the end.
	if err = out.Truncate(size); err == nil {
		_, err = out.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, nil, errors.Join(err, out.Close())
	}
	return p, found, nil
}

// recoverPart returns the exchanges in a part that have not ended, and the
// size of the lines that it could read.
func recoverPart(r io.Reader) (items []Interaction, size int64) {
	type begun struct {
		Interaction
		body strings.Builder
	}
	open := map[int]*begun{}
	var ids []int
	for in := bufio.NewReader(r); ; {
		text, err := in.ReadBytes('\n')
		var line partLine
		if err != nil || json.Unmarshal(text, &line) != nil {
			break
		}
		size += int64(len(text))
		i := open[line.ID]
		switch {
		case line.Ended:
			delete(open, line.ID)
		case line.Request != nil && line.Started != nil:
			i = &begun{Interaction: Interaction{ID: line.ID, Started: *line.Started, Outcome: Cut, Error: "the recording program ended", Lane: line.Lane, Request: *line.Request}}
			if line.Bytes != nil {
				i.Request.Body = string(line.Bytes)
			}
			open[line.ID] = i
			ids = append(ids, line.ID)
		case i == nil:
		case line.Head != nil:
			i.Response = *line.Head
		default:
			i.body.WriteString(line.Data)
			i.body.Write(line.Bytes)
		}
	}
	for _, id := range ids {
		if i := open[id]; i != nil {
			if i.Response.Code == 0 {
				i.Outcome = Failed
			}
			i.Response.Body = i.body.String()
			items = append(items, i.Interaction)
		}
	}
	return items, size
}

func (p *part) began(i *Interaction) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holders[i.ID] = &holder{f: p.finder}
	if i.Effect != nil {
		return nil // a call that did not end runs again, or has a mark
	}
	line := partLine{ID: i.ID, Started: &i.Started, Lane: i.Lane, Request: &i.Request}
	if !utf8.ValidString(i.Request.Body) {
		line.Bytes = []byte(i.Request.Body)
	}
	return p.write(line)
}

func (p *part) head(id int, r Response) {
	r.Body, r.Chunks = "", nil
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(partLine{ID: id, Head: &r})
}

func (p *part) data(id int, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.holders[id]
	if h == nil {
		return
	}
	switch text := h.add(data); {
	case text == "":
	case utf8.ValidString(text):
		p.write(partLine{ID: id, Data: text})
	default:
		p.write(partLine{ID: id, Bytes: []byte(text)})
	}
}

// clean reports whether the body of the exchange holds no secret.
func (p *part) clean(id int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.holders[id]
	return h != nil && h.clean()
}

// ended forgets the exchange; when none is left the part is empty.
func (p *part) ended(id int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.holders, id)
	if len(p.holders) > 0 {
		return p.write(partLine{ID: id, Ended: true})
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	defer p.did()
	return p.file.Truncate(0)
}

// write writes the line. After an error it writes no more, and no exchange
// begins.
func (p *part) write(line partLine) error {
	if p.err != nil {
		return p.err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return err
	}
	_, p.err = p.file.Write(buf.Bytes())
	p.did()
	return p.err
}

func (p *part) did() {
	if p.changed != nil {
		p.changed()
	}
}

// leave frees the file and leaves it to the next.
func (p *part) leave() error { return p.file.Close() }

// close removes the file and frees it.
func (p *part) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return closeLocked(p.file)
}
