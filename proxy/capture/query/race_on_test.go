//go:build race

package query_test

// raceDetector has sync.Pool drop what it holds at random, which regexp then allocates anew.
const raceDetector = true
