//go:build !linux

package main

import "unsafe"

// keepFreed is for Linux, where drawing without a graphics processor is common.
func keepFreed() unsafe.Pointer { return nil }
