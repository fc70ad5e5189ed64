package clientcheck

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"posthouse/proxy/filelock"
)

const (
	folderPrefix = "posthouse-check-"
	// lockName is in each folder, and locked for as long as its checkup runs: the
	// system drops the lock with the process, however that ends.
	lockName = "posthouse-check.lock"
	// longAgo is when any checkup without a lock has ended.
	longAgo = 24 * time.Hour
)

// Sweep removes what checkups left that were killed: copies of key stores are in it.
func Sweep() { sweep(os.TempDir()) }

// newTemp makes the folder of a clientcheck.
func newTemp() (dir string, held *filelock.Lock, err error) {
	Sweep()
	if dir, err = os.MkdirTemp("", folderPrefix); err != nil { // mode 0700
		return "", nil, err
	}
	if held, err = filelock.Try(filepath.Join(dir, lockName)); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, held, nil
}

// sweep removes the folders below parent that a checkup of this user left, and nothing
// else: a link, a folder of another user or one whose lock is held stays. It
// returns how many.
func sweep(parent string) (removed int) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		dir := filepath.Join(parent, e.Name())
		if !strings.HasPrefix(e.Name(), folderPrefix) || !left(dir) {
			continue
		}
		if os.RemoveAll(dir) == nil {
			removed++
		}
	}
	return removed
}

// left reports whether a folder was made here and its checkup has ended.
func left(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || !ownFolder(info) {
		return false
	}
	file := filepath.Join(dir, lockName)
	marker, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Since(info.ModTime()) > longAgo // of a version that had no lock
	}
	return err == nil && marker.Mode().IsRegular() && !filelock.Held(file)
}
