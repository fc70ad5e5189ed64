//go:build !race

package repeat_test

const raceEnabled = false
