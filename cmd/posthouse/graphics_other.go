//go:build !linux

package main

// loadGraphics is for Linux, where drawing without a graphics processor is common.
func loadGraphics() {}

// awaitScreen is for Linux, where the toolkit begins on another thread.
func awaitScreen() error { return nil }
