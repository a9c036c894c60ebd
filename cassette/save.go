package cassette

import (
	"bufio"
	"os"
	"path/filepath"
)

// Save writes the recording to file, all or nothing: a reader sees the old
// content or the new, also after a crash. The file's mode is 0600. A file that
// a Cassette is recording to is refused: it would lose what comes.
func (r *Recording) Save(file string) error {
	err := inUse(file + ".part")
	if err == nil {
		err = r.save(file, "")
	}
	if err != nil {
		return &FileError{file, pathless(err)}
	}
	return nil
}

// save writes the recording, and then tail.
func (r *Recording) save(file, tail string) (err error) {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real // what it points to is replaced, not the link
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.tmp") // its mode is 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	w := bufio.NewWriterSize(tmp, 64<<10)
	if _, err = r.WriteTo(w); err != nil {
		return err
	}
	w.WriteString(tail)
	if err = w.Flush(); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), file); err != nil {
		return err
	}
	syncDir(filepath.Dir(file))
	return nil
}

// syncDir makes a new name in dir durable, where the system can.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}
