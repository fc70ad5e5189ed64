//go:build unix

package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"posthouse/app/clients/internal/host"
)

// systemFolders are where programs of the system lie, in the order in which pkexec looks.
var systemFolders = []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// systemProgram finds a program that may be run as an administrator: one that only
// root can change or put another in the place of, from the root folder down, links
// and what they lead to alike. A name without a folder is looked for where the system
// keeps its programs, not along PATH. Else the error wraps ErrUnsafeProgram.
func systemProgram(name string) (string, error) {
	path := name
	if !filepath.IsAbs(name) {
		path = ""
		for _, dir := range systemFolders {
			if host.IsProgram(filepath.Join(dir, name)) {
				path = filepath.Join(dir, name)
				break
			}
		}
		if path == "" || name != filepath.Base(name) {
			return "", fmt.Errorf("%s: %w", name, ErrNoTool)
		}
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	for _, one := range []string{filepath.Clean(path), resolved} {
		if err := onlyRoot(one); err != nil {
			return "", err
		}
	}
	return resolved, nil
}

// onlyRoot looks at a path and all folders above it.
func onlyRoot(path string) error {
	for at := path; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			return err
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return errors.ErrUnsupported
		}
		// In a folder with the sticky bit others cannot touch what is root's.
		open := info.Mode().Perm()&0o022 != 0 && (!info.IsDir() || info.Mode()&fs.ModeSticky == 0)
		if link := info.Mode()&fs.ModeSymlink != 0; owner.Uid != 0 || open && !link {
			return fmt.Errorf("%s: %w", at, ErrUnsafeProgram)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}
