//go:build unix

package clientcheck

import (
	"io/fs"
	"os"
	"syscall"
)

// ownFolder reports whether a folder is this user's: all users may write into the parent.
func ownFolder(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Geteuid() && info.Mode().Perm()&0o022 == 0
}
