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
	items   []Interaction // what the file begins with
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
func openJournal(file, comment string, items []Interaction, read stamp) (*journal, error) {
	if dir := filepath.Dir(file); dir != "." {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
	}
	part, err := openPart(file)
	if err != nil {
		return nil, err
	}
	if !stampOf(file).same(read) {
		part.close()
		return nil, errors.New("another program changed the file since it was read; run again")
	}
	return &journal{file: file, comment: comment, items: items, part: part}, nil
}

func (j *journal) began(i *Interaction)     { j.part.began(i) }
func (j *journal) data(id int, data []byte) { j.part.data(id, data) }
func (j *journal) ended(id int)             { j.part.ended(id) }

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
	j.part.ended(i.ID)
	return nil
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
	rec := &Recording{Comment: j.comment, Interactions: slices.Clone(j.items)}
	for n := range rec.Interactions {
		rec.Interactions[n].ID = n
	}
	rec.Interactions = append(rec.Interactions, *first)
	if err := rec.save(j.file, endLine); err != nil {
		return err
	}
	j.items = nil
	j.part.ended(first.ID)
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

// close puts the items in order, without those in dropped, and frees the file.
func (j *journal) close(dropped map[int]bool) (err error) {
	defer func() { err = errors.Join(err, j.part.close()) }()
	if j.out == nil {
		return nil
	}
	if err := j.out.Close(); err != nil {
		return err
	}
	rec, err := Load(j.file)
	if err != nil {
		return err
	}
	items := slices.DeleteFunc(rec.Interactions, func(i Interaction) bool { return dropped[i.ID] })
	slices.SortStableFunc(items, func(a, b Interaction) int { return a.ID - b.ID })
	for n := range items {
		items[n].ID = n
	}
	rec.Interactions = items
	if err := rec.Save(j.file); err != nil {
		return fmt.Errorf("%w (all that was recorded is there, in the order in which it ended)", err)
	}
	return nil
}
