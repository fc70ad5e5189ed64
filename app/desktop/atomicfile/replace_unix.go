//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

func replace(from, to string) error { return os.Rename(from, to) }

// keepOwner gives f the owner and group of a file that is there, and returns the
// mode that goes with them: where the group cannot be kept, it may no more than others.
func keepOwner(f *os.File, there fs.FileInfo) fs.FileMode {
	mode := there.Mode().Perm()
	want, ok := there.Sys().(*syscall.Stat_t)
	if !ok {
		return mode
	}
	_ = f.Chown(int(want.Uid), int(want.Gid)) // only root may give a file away
	_ = f.Chown(-1, int(want.Gid))            // members of a group may
	if info, err := f.Stat(); err == nil {
		if is, ok := info.Sys().(*syscall.Stat_t); ok && is.Gid != want.Gid {
			mode &^= 0o070 &^ (mode & 0o007 << 3)
		}
	}
	return mode
}

// syncFolder makes the new name last through a power cut, where that can be done.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
