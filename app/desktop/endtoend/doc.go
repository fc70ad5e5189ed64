// Package endtoend holds the tests of how Posthouse ends: each way of ending,
// on each kind of desktop, with each kind of settings before. docs/reliability.md
// shows their results.
package endtoend
