// Package sidebar lists hosts and programs with their requests; a click narrows the list to one
// of them. It shows the counts that a feed made, and tells the window by its Deps what a
// person did. All of it belongs to the UI goroutine.
package sidebar
