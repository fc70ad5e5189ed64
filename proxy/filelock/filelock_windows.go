package filelock

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// far is where the locked byte lies: beyond what anybody reads.
const far = 1 << 30

func lockHandle(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: far})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrHeld
	}
	return err
}

// folderLock is the file that stands for a folder, which cannot be locked itself.
const folderLock = ".posthouse.lock"

func tryFolder(dir string) (*Lock, error) {
	l, err := Try(filepath.Join(dir, folderLock))
	if err != nil && !errors.Is(err, ErrHeld) {
		return nil, nil // nothing can be written here, so nothing is to be kept apart
	}
	return l, err
}
