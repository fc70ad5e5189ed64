//go:build unix && !darwin

package autostart

import (
	"strings"

	"golang.org/x/sys/unix"
)

// passing reports whether a program lies on a read-only medium that was put in: a
// DVD, a mounted image. A system whose own folders are read-only is no such thing.
func passing(program string) bool {
	removable := false
	for _, dir := range []string{"/media/", "/run/media/", "/mnt/"} {
		removable = removable || strings.HasPrefix(program, dir)
	}
	var fs unix.Statfs_t
	return removable && unix.Statfs(program, &fs) == nil && int64(fs.Flags)&unix.ST_RDONLY != 0
}
