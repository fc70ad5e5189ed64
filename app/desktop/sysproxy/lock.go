package sysproxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The files in the state directory.
const (
	workLock    = "system-proxy.lock"  // held while keys are read and written
	ownerLock   = "system-proxy.owner" // held while our settings are in force
	lockPause   = 5 * time.Millisecond
	lockedLimit = 15 * time.Second // one works no longer than that
)

// fileLock is a lock that the system drops when its holders are gone. Its file
// stays: a lock on a file that was removed would be no lock.
type fileLock struct{ f *os.File }

var errLocked = errors.New("locked")

// takeLock waits for the lock.
func takeLock(ctx context.Context, path string) (*fileLock, error) {
	ctx, cancel := context.WithTimeout(ctx, lockedLimit)
	defer cancel()
	for {
		l, err := tryLock(path)
		if !errors.Is(err, errLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: another Posthouse holds it: %w", path, ctx.Err())
		case <-time.After(lockPause):
		}
	}
}

// tryLock takes the lock or returns errLocked.
func tryLock(path string) (*fileLock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		// On a disk that became read-only, what was changed before must still be put back.
		var readErr error
		if f, readErr = os.Open(path); readErr != nil {
			return nil, err
		}
	}
	if err := lockHandle(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &fileLock{f}, nil
}

func (l *fileLock) release() {
	if l != nil {
		_ = l.f.Close()
	}
}

// isLocked reports whether somebody holds the lock.
func isLocked(path string) bool {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	l, err := tryLock(path)
	l.release()
	return errors.Is(err, errLocked)
}
