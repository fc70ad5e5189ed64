//go:build !windows

package ca

import (
	"fmt"
	"io/fs"
	"os"
)

// checkFile refuses a file that others can read or write.
func checkFile(f *os.File, path string) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return &StoreError{path, err, "Try again."}
	case info.Mode().Perm()&modeOthers != 0:
		return &StoreError{path, fmt.Errorf("%w (mode %04o)", ErrExposed, info.Mode().Perm()),
			fmt.Sprintf("Run: chmod 600 %q. If somebody may have read it, replace the CA.", path)}
	}
	return nil
}

// checkFolder refuses a folder in which others could put a CA of theirs.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return &StoreError{dir, err, "Try again."}
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
