// Package ui is the window and the tray. The model and the feed know nothing of
// widgets: the feed's goroutine follows the store and keeps the list of IDs to
// show; the window asks for the few rows that it can see. At most ten times a
// second one prepared change reaches the UI goroutine, and it costs by the rows
// on the screen, never by the rows there are.
package ui
