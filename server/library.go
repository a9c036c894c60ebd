package server

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/repriselabs/reprise/cassette"
)

// library is what can be answered from, with its index. It does not change.
type library struct {
	files   []string // in order
	entries []*entry
	hosts   map[string][]string // by API: of its recorded calls, each once
	exact   map[key][]*entry
	letters map[key]key // the exact keys of requests as they were recorded

	once  sync.Once
	said  map[key][]*entry
	begun map[key][]*entry
}

func newLibrary(byFile map[string][]*entry) *library {
	l := &library{files: slices.Sorted(maps.Keys(byFile)), hosts: map[string][]string{}, exact: map[key][]*entry{}, letters: map[key]key{}}
	for _, file := range l.files {
		for _, e := range byFile[file] {
			l.entries = append(l.entries, e)
			k := e.exact()
			l.exact[k] = append(l.exact[k], e)
			l.letters[e.letter()] = k
			if hosts := l.hosts[e.codec().API]; e.isCall() && !slices.Contains(hosts, e.url.Host) {
				l.hosts[e.codec().API] = append(hosts, e.url.Host)
			}
		}
	}
	return l
}

// same are the recordings of the same request. One that was recorded to the
// letter is not looked into.
func (l *library) same(a *asked) []*entry {
	k, ok := l.letters[a.letter()]
	if !ok {
		k = a.exact()
	}
	return l.exact[k]
}

// decoded makes the index of conversations, which is only needed for requests
// that are not the same to the letter.
func (l *library) decoded() {
	l.once.Do(func() {
		l.said, l.begun = map[key][]*entry{}, map[key][]*entry{}
		for _, e := range l.entries {
			if !e.talks() {
				continue
			}
			k := e.asked.said()
			l.said[k] = append(l.said[k], e)
			k = e.asked.begun()
			l.begun[k] = append(l.begun[k], e)
		}
	})
}

// shelf keeps a library up to date with its files.
type shelf struct {
	mu      sync.Mutex
	now     *library
	files   map[string]*loaded // by name
	checked time.Time
	every   time.Duration // between checks
	problem string        // that was told last
}

// complain tells a problem, unless it is still the one that was told.
func (s *shelf) complain(tell func(error), err error) {
	if err == nil {
		s.problem = ""
		return
	}
	if tell != nil && err.Error() != s.problem {
		tell(err)
	}
	s.problem = err.Error()
}

// loaded is a file that was read.
type loaded struct {
	of      string // the one of Handler.Files that it is, or is in
	size    int64
	changed time.Time
	entries []*entry
}

// library is the handler's, as the files are now. Its error is of the first
// time only: later a file that cannot be read stays as it was.
func (h *Handler) library() (*library, error) {
	s := &h.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil && time.Since(s.checked) < s.every {
		return s.now, nil
	}
	first, began := s.now == nil, time.Now()
	changed, err := h.look()
	// Looking takes at most a twentieth of the time.
	s.checked, s.every = time.Now(), max(250*time.Millisecond, 20*time.Since(began))
	if err != nil && first {
		return nil, err
	}
	s.complain(h.Problem, err)
	if changed || first {
		byFile := map[string][]*entry{}
		for name, f := range s.files {
			byFile[name] = f.entries
		}
		for name, rec := range h.Recordings {
			byFile[name] = entries(name, rec, h.Host, &h.Redact)
		}
		s.now = newLibrary(byFile)
	}
	return s.now, nil
}

// look reads the files that are new or have changed. With an error the files
// are still those that could be read.
func (h *Handler) look() (changed bool, err error) {
	s := &h.shelf
	first := s.files == nil
	if first {
		s.files = map[string]*loaded{}
	}
	there := map[string]bool{}
	var errs []error
	unseen := map[string]bool{}
	for _, file := range h.Files {
		more := false
		info, err := os.Stat(file)
		switch {
		case err != nil:
			err = fmt.Errorf("%s: %w", file, pathless(err))
		case info.IsDir():
			more, err = h.lookInto(file, there)
		default:
			there[file] = true
			more, err = h.read(file, file, info, func() (*cassette.Recording, error) { return cassette.Load(file) })
		}
		unseen[file] = err != nil
		changed = changed || more
		errs = append(errs, err)
	}
	for name, f := range s.files {
		if !there[name] && !unseen[f.of] {
			delete(s.files, name)
			changed = true
		}
	}
	return changed, errors.Join(errs...)
}

// lookInto looks into a folder. Links that lead out of it are not followed.
// Files that are no cassettes are passed over.
func (h *Handler) lookInto(dir string, there map[string]bool) (changed bool, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false, err
	}
	defer root.Close()
	found := false
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" && path.Ext(name) != ".yml" {
			return err
		}
		info, err := root.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			return nil // a link that leads out, or a file that is gone by now
		}
		full := filepath.Join(dir, name)
		there[full], found = true, true
		more, err := h.read(dir, full, info, func() (*cassette.Recording, error) {
			f, err := root.Open(name)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return cassette.Read(f)
		})
		if err != nil && h.Problem != nil {
			h.Problem(err)
		}
		changed = changed || more
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("%s has no cassettes: no file in it ends in .yaml", dir)
	}
	return changed, err
}

// read reads a file that is new or has changed. One that cannot be read is
// complained of once.
func (h *Handler) read(of, name string, info fs.FileInfo, load func() (*cassette.Recording, error)) (changed bool, err error) {
	old := h.shelf.files[name]
	if old != nil && old.size == info.Size() && old.changed.Equal(info.ModTime()) {
		return false, nil
	}
	now := &loaded{of: of, size: info.Size(), changed: info.ModTime()}
	h.shelf.files[name] = now
	rec, err := load()
	if err != nil {
		if old != nil {
			now.entries = old.entries
		}
		var named *cassette.FileError
		if errors.As(err, &named) && named.File == "" {
			err = &cassette.FileError{File: name, Err: named.Err}
		}
		return false, err
	}
	now.entries = entries(name, rec, h.Host, &h.Redact)
	return true, nil
}

// pathless takes the path off an error of package os.
func pathless(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
