//go:build race

package faithful_test

// race says that the race detector watches, with which floods take ten times as long.
const race = true
