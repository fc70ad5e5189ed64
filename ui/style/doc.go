// Package style is how the window looks: colours, fonts and sizes, light and dark, and what a
// text measures in them. All of it belongs to the UI goroutine, but for the names of
// colours, which anyone may ask for.
package style
