//go:build !race

package programicon

// raceDetector makes drawing cost more than it does: it looks at every point.
const raceDetector = false
