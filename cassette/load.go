package cassette

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// A FileError says why a cassette file cannot be used, and what to do.
type FileError struct {
	File string // empty when it was read from an io.Reader
	Err  error
}

func (e *FileError) Error() string {
	if e.File == "" {
		return "cassette: " + e.Err.Error()
	}
	return fmt.Sprintf("cassette %s: %v", e.File, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// ErrVersion is in the error of a file in another version of the format.
var ErrVersion = errors.New("version not supported")

// Load reads a cassette file. Its error is a *FileError: it names the file,
// the line where one is to blame, and what to do; for a file that is not
// there errors.Is(err, fs.ErrNotExist) holds.
func Load(file string) (*Recording, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &FileError{file, pathless(err)}
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode()&fs.ModeCharDevice != 0 {
		return nil, &FileError{file, errors.New("is a device, and not a file")}
	}
	rec, err := readPlain(f)
	if err == nil {
		return rec, nil
	}
	var data []byte
	if _, err = f.Seek(0, io.SeekStart); err == nil {
		data, err = io.ReadAll(io.LimitReader(f, maxYAML+1))
	}
	if err == nil {
		rec, err = readYAML(data)
	}
	if err != nil {
		return nil, &FileError{file, pathless(err)}
	}
	return rec, nil
}

// maxYAML is the size in bytes up to which files in an unusual shape are
// read: that takes many times their size of memory.
const maxYAML = 256 << 20

// pathless takes the path off an error of package os: ours names the file.
func pathless(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Read reads a cassette from r, to its end.
func Read(r io.Reader) (*Recording, error) {
	data, err := io.ReadAll(r) // whose size is the caller's affair
	if err != nil {
		return nil, &FileError{"", err}
	}
	rec, err := readPlain(bytes.NewReader(data))
	if err != nil {
		if rec, err = readYAML(data); err != nil {
			return nil, &FileError{"", err}
		}
	}
	return rec, nil
}
