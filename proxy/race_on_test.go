//go:build race

package proxy_test

// raceDetector makes memory cost more than it does.
const raceDetector = true
