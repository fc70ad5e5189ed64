// Package winetest gives each test its own Windows: a fresh Wine prefix, with
// what Go programs need of Windows and older Wines lack. Where Wine is missing,
// the test is skipped, with the reason. A Windows belongs to one goroutine.
package winetest
