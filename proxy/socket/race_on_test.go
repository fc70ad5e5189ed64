//go:build race

package socket

// raceEnabled: under the race detector sync.Pool drops at random, so allocations cannot be counted.
const raceEnabled = true
