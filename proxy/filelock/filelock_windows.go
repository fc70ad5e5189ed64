package filelock

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// far is where the locked byte lies: beyond what anybody reads.
const far = 1 << 30

// beyond is where the locked byte of a file lies that is held while it is read: one that is
// locked cannot be read by others, and the file may be larger than far.
const beyond = 1 << 62

func lockHandle(f *os.File) error { return lockByte(f, far) }
func holdHandle(f *os.File) error { return lockByte(f, beyond) }

func lockByte(f *os.File, at uint64) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	place := windows.Overlapped{Offset: uint32(at), OffsetHigh: uint32(at >> 32)}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &place)
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
