package cassette

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A journal writes a file as a recording happens. The file always ends with
// the line "...", at which YAML's documents end. An item is written behind
// that line, with a new one at its end, and synced; then the old line is made
// a comment, and the item is in the list. So the file is valid at any moment,
// even if the program is killed in the middle of a write, and only ever gains
// whole items. What Close leaves has neither these comments nor the line.
type journal struct {
	file    string
	comment string
	items   []Interaction // what the file begins with; nil after the first item
	found   []Interaction // those of items that the part of a killed program had
	part    *part
	out     *os.File // nil before the first item
	end     int64    // of the file
}

const (
	endLine    = "...\n"
	passedLine = "###\n" // as long as endLine
)

// stamp tells whether a file is still the one that was read.
type stamp struct{ info fs.FileInfo }

func stampOf(file string) stamp {
	info, err := os.Stat(file)
	if err != nil {
		return stamp{}
	}
	return stamp{info}
}

func (s stamp) same(t stamp) bool {
	if s.info == nil || t.info == nil {
		return s.info == nil && t.info == nil
	}
	return os.SameFile(s.info, t.info) && s.info.Size() == t.info.Size() && s.info.ModTime().Equal(t.info.ModTime())
}

// openJournal claims the file for this process. It is not changed before the
// first item.
func openJournal(file, comment string, items []Interaction, read stamp, f *finder) (*journal, error) {
	if dir := filepath.Dir(file); dir != "." {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
	}
	part, found, err := openPart(file, f)
	if err != nil {
		return nil, err
	}
	if !stampOf(file).same(read) {
		part.close()
		return nil, errors.New("another program changed the file since it was read; run again")
	}
	found = slices.DeleteFunc(found, func(i Interaction) bool { // it was written in the last moment
		return slices.ContainsFunc(items, func(o Interaction) bool { return o.Started.Equal(i.Started) && o.Request.Body == i.Request.Body })
	})
	items = slices.Concat(items, found)
	for n := range items {
		items[n].ID = n
	}
	return &journal{file: file, comment: comment, items: items, found: items[len(items)-len(found):], part: part}, nil
}

// foundLike returns the ids of the found exchanges whose request has the key.
func (j *journal) foundLike(k key, keyOf func(string, *Request) key) (ids []int) {
	for n := range j.found {
		if keyOf(j.found[n].Lane, &j.found[n].Request) == k {
			ids = append(ids, j.found[n].ID)
		}
	}
	return ids
}

// append adds the item to the file. After an error the file holds what it
// held before.
func (j *journal) append(i *Interaction) error {
	if j.out == nil {
		return j.start(i)
	}
	data := append(appendInteraction(nil, i), endLine...)
	if err := j.write(data); err != nil {
		return errors.Join(err, j.out.Truncate(j.end))
	}
	return j.part.ended(i.ID)
}

func (j *journal) write(data []byte) error {
	if _, err := j.out.WriteAt(data, j.end); err != nil {
		return err
	}
	if err := j.out.Sync(); err != nil {
		return err
	}
	if _, err := j.out.WriteAt([]byte(passedLine), j.end-int64(len(endLine))); err != nil {
		return err
	}
	j.end += int64(len(data))
	return j.out.Sync()
}

// start replaces the file by one with the items it begins with and the first
// new one.
func (j *journal) start(first *Interaction) (err error) {
	rec := &Recording{Comment: j.comment, Interactions: append(j.items, *first)}
	if err := rec.save(j.file, endLine); err != nil {
		return err
	}
	j.items = nil
	if err := j.part.ended(first.ID); err != nil {
		return err
	}
	if j.out, err = os.OpenFile(j.file, os.O_RDWR, 0); err != nil {
		return err
	}
	info, err := j.out.Stat()
	if err != nil {
		return err
	}
	j.end = info.Size()
	return nil
}

// close frees the file, and puts its items in order if items were added or
// the file was found without that.
func (j *journal) close(interrupted bool) (err error) {
	defer func() { err = errors.Join(err, j.part.close()) }()
	rec := &Recording{Comment: j.comment, Interactions: j.items}
	switch {
	case j.out != nil:
		if err := j.out.Close(); err != nil {
			return err
		}
		if rec, err = Load(j.file); err != nil {
			return err
		}
	case !interrupted:
		return nil
	}
	rec.Interactions = settled(rec.Interactions)
	for n := range rec.Interactions {
		rec.Interactions[n].ID = n
	}
	if err := rec.Save(j.file); err != nil {
		return fmt.Errorf("%w (all that was recorded is there, in the order in which it ended)", err)
	}
	return nil
}
