// Package filelock locks files between processes. The system drops a lock when its
// holders are gone, so that none is ever stale; its file stays, because a lock on
// a file that was removed would be no lock.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	pause = 5 * time.Millisecond
	limit = 15 * time.Second // that Take waits at most
)

// ErrHeld: another holds the lock.
var ErrHeld = errors.New("another process holds it")

// A Lock is held until Release, or until all processes that have it are gone.
type Lock struct{ File *os.File }

// Take waits for a lock, 15 seconds at most.
func Take(ctx context.Context, path string) (*Lock, error) {
	return wait(ctx, path, func() (*Lock, error) { return Try(path) })
}

// TakeFolder waits for the lock of a folder, 15 seconds at most. Where the system
// lets a folder be locked, no file is left in it; where nothing can be locked (some
// network file systems, a folder in which nothing can be written) the lock is nil.
func TakeFolder(ctx context.Context, dir string) (*Lock, error) {
	return wait(ctx, dir, func() (*Lock, error) { return tryFolder(dir) })
}

func wait(ctx context.Context, path string, try func() (*Lock, error)) (*Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		l, err := try()
		if !errors.Is(err, ErrHeld) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", path, ErrHeld)
		case <-time.After(pause):
		}
	}
}

// Try takes a lock or returns ErrHeld.
func Try(path string) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		// A disk may have become read-only since the file was made.
		var readErr error
		if f, readErr = os.Open(path); readErr != nil {
			return nil, err
		}
	}
	if err := lockHandle(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// Hold locks a file that is open, until it is closed, or returns ErrHeld. Nothing is made, and what is
// in the file can be read meanwhile. It is another lock than that of Try.
func Hold(f *os.File) error { return holdHandle(f) }

// Release gives the lock back; nil has none.
func (l *Lock) Release() {
	if l != nil {
		_ = l.File.Close()
	}
}

// Held reports whether somebody holds a lock.
func Held(path string) bool {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	l, err := Try(path)
	l.Release()
	return errors.Is(err, ErrHeld)
}
