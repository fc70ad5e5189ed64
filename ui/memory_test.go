package ui

import "posthouse/app"

// left are the files that tell how windows stood, by their paths.
var left = map[string]*app.WindowFile{}

// awaitLeft waits until the window has written how it stood that had this file last.
func awaitLeft(path string) {
	if before := left[path]; before != nil {
		before.End()
	}
}
