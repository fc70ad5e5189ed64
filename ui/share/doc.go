// Package share is what stands between a person and a file that leaves Posthouse: a sheet that
// says what goes out and how much of it is masked, and the writing of the file with its progress.
// All of it belongs to the UI goroutine but for what runs for it beside.
package share
