//go:build !linux

package socket

import "errors"

// ErrNoSplice says that nothing was moved and that the caller should copy.
var ErrNoSplice = errors.New("socket: splice is not possible here")

// Splice moves bytes inside the kernel; here it always asks the caller to copy.
func (c *Conn) Splice(dst *Conn, n int64, moved func(int64)) (total int64, err error) {
	return 0, ErrNoSplice
}
