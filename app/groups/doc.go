// Package groups holds groups of requests while a person puts them together: requests in
// order, the values that each takes from its answer, and how they are run. It says which
// names a request uses and whether they have a value by then, and keeps groups in a file.
//
// A Group belongs to one goroutine; Clone gives another its own.
package groups

import "posthouse/app/repeat"

// Bounds of what is kept.
const (
	MaxGroups = 64       // in a file
	MaxKept   = 16 << 20 // bytes of all groups as the file has them, bodies in base64
	MaxName   = 200      // bytes of a group's name
	MaxSteps  = repeat.MaxSteps
)
