//go:build unix && !linux && !race

package capture

// segmentFlags is for Linux, which can have a mapping filled in one step.
const segmentFlags = 0
