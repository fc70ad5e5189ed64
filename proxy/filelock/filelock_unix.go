//go:build unix

package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func lockHandle(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}

func holdHandle(f *os.File) error { return lockHandle(f) }

// tryFolder locks the folder itself.
func tryFolder(dir string) (*Lock, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := lockHandle(f); err != nil {
		_ = f.Close()
		if errors.Is(err, ErrHeld) {
			return nil, err
		}
		return nil, nil // nothing can be locked here
	}
	return &Lock{f}, nil
}
