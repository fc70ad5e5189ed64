//go:build !linux

package main

import "unsafe"

// takeLargePages is for Linux, where a program may ask for them.
func takeLargePages(unsafe.Pointer) {}
