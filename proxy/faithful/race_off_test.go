//go:build !race

package faithful_test

const race = false
