// Package backendtest has what tests of several backends need.
package backendtest

import "posthouse/app/desktop/sysproxy/backend"

// Keys are the keys of changes, in their order.
func Keys(changes []backend.Change) []string {
	var keys []string
	for _, c := range changes {
		keys = append(keys, c.Key)
	}
	return keys
}
