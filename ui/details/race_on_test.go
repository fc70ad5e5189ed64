//go:build race

package details

// raceDetector makes everything several times slower.
const raceDetector = true
