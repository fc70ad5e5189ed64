//go:build !race && unix && !darwin

package endtoend

const raceDetector = false
