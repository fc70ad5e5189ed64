// Package words says what the engine and the app know in a person's language: sizes, times,
// states, and problems. It keeps nothing, and may be called from any goroutine.
package words
