//go:build ci || !amd64 || (!linux && !windows)

package main

// leaveShapesOut is for where the toolkit draws with the programs that are named so.
func leaveShapesOut() {}
