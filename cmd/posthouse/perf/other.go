//go:build !linux

// Command perf measures the window; it needs Linux.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "perf: the window is measured on Linux")
	os.Exit(1)
}
