//go:build unix

package bounded

import "syscall"

// nonblock has the opening of a pipe not wait for its other end.
const nonblock = syscall.O_NONBLOCK
