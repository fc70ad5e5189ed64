//go:build !windows

package main

// useConsole is for Windows: elsewhere a program has the terminal that it was started from.
func useConsole() {}
