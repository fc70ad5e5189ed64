//go:build !linux && !darwin && !windows

package trust

// Stores are those of this system: none that this package knows.
func Stores() []Store { return nil }

// DesktopStores are the same for a process without a terminal.
func DesktopStores() []Store { return nil }
