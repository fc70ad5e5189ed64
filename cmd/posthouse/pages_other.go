//go:build !linux

package main

// takeLargePages is for Linux, where a program may ask for them.
func takeLargePages() {}
