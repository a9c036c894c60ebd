package cassette

import (
	"errors"
	"os"
	"sync"
)

var errInUse = errors.New("another cassette is recording to it")

// A part is the file beside the recording, FILE.part, that is there while a
// program records. It keeps other recorders away, and holds what came so far
// of the exchanges that have not ended.
type part struct {
	mu   sync.Mutex
	file *os.File
}

func openPart(file string) (*part, error) {
	f, err := openLocked(file + ".part")
	if err != nil {
		return nil, err
	}
	return &part{file: f}, nil
}

func (p *part) began(i *Interaction)     {}
func (p *part) data(id int, data []byte) {}
func (p *part) ended(id int)             {}

// close removes the file and frees it.
func (p *part) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(os.Remove(p.file.Name()), p.file.Close())
}
