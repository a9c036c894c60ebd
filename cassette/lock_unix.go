//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cassette

import (
	"errors"
	"os"
	"syscall"
)

// closeLocked removes the file and frees it.
func closeLocked(f *os.File) error {
	return errors.Join(os.Remove(f.Name()), f.Close())
}

// inUse returns errInUse if another has opened the file with openLocked.
func inUse(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil // it is not there
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == syscall.EWOULDBLOCK {
		return errInUse
	}
	return nil
}

// openLocked opens the file, creating it if it is not there, for this opener
// alone until it closes it or its process ends. It returns errInUse if
// another has it.
func openLocked(name string) (*os.File, error) {
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			f.Close()
			if err == syscall.EWOULDBLOCK {
				err = errInUse
			}
			return nil, err
		}
		// Its last owner may have removed it in the meantime.
		mine, err := f.Stat()
		if err == nil {
			if now, err := os.Stat(name); err == nil && os.SameFile(mine, now) {
				return f, nil
			}
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
}
