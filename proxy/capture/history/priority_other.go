//go:build !linux && !windows

package history

// lowerPriority does nothing: a thread has no priority apart from its process here.
func lowerPriority() {}
