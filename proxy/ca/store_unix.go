//go:build !windows

package ca

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkFile refuses a file that others can read or write, or own.
func checkFile(f *os.File, path string) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return &StoreError{path, err, "Try again."}
	case !owned(info):
		return &StoreError{path, fmt.Errorf("%w: it belongs to another user", ErrExposed),
			"Make it your own (chown), or use another folder. If somebody may have read it, replace the CA."}
	case info.Mode().Perm()&modeOthers != 0:
		return &StoreError{path, fmt.Errorf("%w (mode %04o)", ErrExposed, info.Mode().Perm()),
			fmt.Sprintf("Run: chmod 600 %q. If somebody may have read it, replace the CA.", path)}
	}
	return nil
}

// owned reports whether what is there belongs to this user, or to root, who can
// read and replace everything anyhow.
func owned(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == os.Geteuid())
}

// checkFolder refuses a folder in which others could put a CA of theirs: whoever
// owns it can do so whatever its mode is.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return &StoreError{dir, err, "Try again."}
	}
	if !owned(info) {
		return &StoreError{dir, fmt.Errorf("%w: the folder belongs to another user", ErrExposed),
			"Make it your own (chown), or use another folder."}
	}
	if info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return &StoreError{dir, fmt.Errorf("%w (mode %04o of the folder)", ErrExposed, info.Mode().Perm()),
			fmt.Sprintf("Run: chmod 700 %q.", dir)}
	}
	return nil
}

// syncFolder makes the new name last through a power cut, where that can be done.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
