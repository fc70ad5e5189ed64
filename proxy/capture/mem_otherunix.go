//go:build unix && !linux && !race

package capture

// preferLarge is for Linux, which can be asked for larger pages.
func preferLarge([]byte) {}

// fill is for Linux, which can have memory put behind addresses in one step.
func fill([]byte) {}
