//go:build !race

package details

const raceDetector = false
