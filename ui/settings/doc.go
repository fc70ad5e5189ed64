// Package settings is the dialog in which settings are changed. It changes what a person touched
// in it and leaves the rest as it is, for the file may be edited meanwhile. All of it
// belongs to the UI goroutine.
package settings
