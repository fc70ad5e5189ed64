//go:build !race

package history

// raceDetector makes long tests take several times as long: they do less.
const raceDetector = false
