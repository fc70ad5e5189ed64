//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// fillDisk lets no file of this process grow beyond 16 bytes: writes fail as on
// a full disk.
func fillDisk() error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 16, Max: 16})
}
