//go:build !unix

package bounded

// nonblock: where pipes have no names in folders, nothing waits.
const nonblock = 0
