//go:build unix

package backend

import (
	"fmt"
	"io/fs"
	"syscall"
)

func fileID(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint(s.Ino, s.Size)
	}
	return ""
}
