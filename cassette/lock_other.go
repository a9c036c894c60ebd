//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cassette

import (
	"errors"
	"os"
)

// closeLocked removes the file, which some systems only let go when it is not
// open.
func closeLocked(f *os.File) error {
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// inUse is not noticed here.
func inUse(string) error { return nil }

// openLocked opens the file, creating it if it is not there. This system has
// no lock in the standard library: two programs that record to one file are
// not noticed.
func openLocked(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
}
