//go:build !linux

package main

// keepFreed is for Linux, where drawing without a graphics processor is common.
func keepFreed() {}
