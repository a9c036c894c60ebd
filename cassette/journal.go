package cassette

import (
	"errors"
	"fmt"
	"io"
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
	left    []int         // their ids in that part
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
// first item. The items are those of the recording in order; when read is no
// longer the file's stamp, they are not.
func openJournal(file string, rec *Recording, items []Interaction, read stamp, f *finder) (*journal, error) {
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
		return nil, errors.Join(errors.New("another program changed the file since it was read; run again"), part.leave())
	}
	j := &journal{file: file, part: part}
	for n := range found {
		i := &found[n]
		// The program was killed between writing an exchange to the file and
		// taking it out of the part. It may be superseded, and then it is not
		// among the items any more: the file itself tells.
		if slices.ContainsFunc(rec.Interactions, i.sameStart) {
			if err := part.ended(i.ID); err != nil {
				return nil, errors.Join(err, part.leave())
			}
			continue
		}
		j.left = append(j.left, i.ID)
		j.found = append(j.found, *i)
	}
	j.items = slices.Concat(items, j.found)
	for n := range j.items {
		j.items[n].ID = n
	}
	j.found = j.items[len(items):]
	return j, nil
}

// sameStart reports whether the two are one exchange, which no other began at
// the same time.
func (i *Interaction) sameStart(o Interaction) bool {
	return i.Started.Equal(o.Started) && i.Lane == o.Lane &&
		i.Request.Method == o.Request.Method && i.Request.URL == o.Request.URL && i.Request.Body == o.Request.Body
}

// forget drops what the file had: a new one begins.
func (j *journal) forget() error {
	j.items, j.found = nil, nil
	return j.settle()
}

// settle takes what was found in the part out of it.
func (j *journal) settle() error {
	for _, id := range j.left {
		if err := j.part.ended(id); err != nil {
			return err
		}
	}
	j.left = nil
	return nil
}

// nextID returns an id that neither the items nor what the part had have, nor
// any above it.
func (j *journal) nextID() int { return max(len(j.items), j.part.next) }

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
		_, undone := j.out.WriteAt([]byte(endLine), j.end-int64(len(endLine)))
		return errors.Join(err, undone, j.out.Truncate(j.end))
	}
	return j.part.ended(i.ID)
}

func (j *journal) write(data []byte) error {
	if _, err := j.out.WriteAt(data, j.end); err != nil {
		return err
	}
	j.part.did()
	if err := j.out.Sync(); err != nil {
		return err
	}
	if _, err := j.out.WriteAt([]byte(passedLine), j.end-int64(len(endLine))); err != nil {
		return err
	}
	j.part.did()
	j.end += int64(len(data))
	return j.out.Sync()
}

// start replaces the file by one with the items it begins with and the first
// new one.
func (j *journal) start(first *Interaction) error {
	rec := &Recording{Comment: j.comment, Interactions: append(j.items, *first)}
	if err := rec.save(j.file, endLine); err != nil {
		return err
	}
	j.part.did()
	j.items = rec.Interactions // for close, if the file cannot be opened
	out, err := os.OpenFile(j.file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if j.end, err = out.Seek(0, io.SeekEnd); err != nil {
		return errors.Join(err, out.Close())
	}
	j.out, j.items = out, nil
	if err := j.settle(); err != nil {
		return err
	}
	return j.part.ended(first.ID)
}

// close frees the file, and puts its items in order if items were added or
// the file was found without that.
func (j *journal) close(interrupted bool) error {
	if j.out == nil && len(j.found) == 0 && !interrupted {
		return j.part.close()
	}
	err := j.rewrite()
	if err != nil && len(j.left) > 0 {
		return errors.Join(err, j.part.leave()) // what was found is only there
	}
	return errors.Join(err, j.part.close())
}

// rewrite writes the file in order.
func (j *journal) rewrite() error {
	rec := &Recording{Comment: j.comment, Interactions: j.items}
	if j.out != nil {
		err := j.out.Close()
		if err != nil {
			return err
		}
		if rec, err = Load(j.file); err != nil {
			return err
		}
	}
	rec.Interactions = settled(rec.Interactions)
	for n := range rec.Interactions {
		rec.Interactions[n].ID = n
	}
	if err := rec.save(j.file, ""); err != nil {
		return fmt.Errorf("%w (all that was recorded is there, in the order in which it ended)", &FileError{j.file, pathless(err)})
	}
	j.part.did()
	return nil
}
