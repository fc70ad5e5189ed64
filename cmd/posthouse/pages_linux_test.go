package main

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// What the start fills, of Go's heap and of the C library's, may lie in large pages.
func TestLargePagesAreAskedFor(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("the kernel has none")
	}
	_ = keepFreed() // which another test may have called
	before := advised(t)
	if before < cRoom-large {
		t.Errorf("%d MiB of the C library's heap", before>>20)
	}
	takeLargePages(nil)
	if got := advised(t) - before; got < goRoom-large || got > goRoom+large {
		t.Errorf("%d MiB of Go's heap", got>>20)
	}
}

const large = 2 << 20

// advised is how much memory was said to be for large pages, in bytes.
func advised(t *testing.T) (size int) {
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?s)\nSize: +(\d+) kB\n(?:[^\n]*\n)*?VmFlags: ([^\n]*)\n`).FindAllSubmatch(text, -1) {
		if kib, _ := strconv.Atoi(string(m[1])); regexp.MustCompile(`\bhg\b`).Match(m[2]) {
			size += kib << 10
		}
	}
	return size
}
