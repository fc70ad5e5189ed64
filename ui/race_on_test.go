//go:build race

package ui

// raceDetector makes everything several times slower.
const raceDetector = true
