//go:build !windows

package ca

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// checkFile refuses a file that others can read or write, or own.
func checkFile(f *os.File, path string) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return &StoreError{path, err, reason.CATryAgain.With()}
	case !owned(info):
		return &StoreError{path, exposed(reason.CAOwner), reason.CAChownFile.With()}
	case info.Mode().Perm()&modeOthers != 0:
		return &StoreError{path, exposed(reason.CAMode, octal(info)), reason.CAChmodFile.With(strconv.Quote(path))}
	}
	return nil
}

// octal is a mode as chmod takes it.
func octal(info fs.FileInfo) string { return fmt.Sprintf("%04o", info.Mode().Perm()) }

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
		return &StoreError{dir, err, reason.CATryAgain.With()}
	}
	if !owned(info) {
		return &StoreError{dir, exposed(reason.CAFolderOwner), reason.CAChown.With()}
	}
	if info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return &StoreError{dir, exposed(reason.CAFolderMode, octal(info)), reason.CAChmod.With(strconv.Quote(dir))}
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

// exposed is ErrExposed in words that tell more.
func exposed(code flow.ReasonCode, args ...any) error {
	return &reason.Error{Why: code.With(args...), Err: ErrExposed}
}
