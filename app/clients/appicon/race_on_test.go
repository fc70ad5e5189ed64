//go:build race

package appicon

// raceDetector makes drawing cost more than it does: it looks at every point.
const raceDetector = true
