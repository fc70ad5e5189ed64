package main

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"posthouse/proxy/proxytest/eventually"
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

// What every start fills is there before anything is put into it.
func TestPagesAreMadeAhead(t *testing.T) {
	room, err := unix.Mmap(-1, 0, 8*large, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(room) })
	if unix.Madvise(room[:os.Getpagesize()], unix.MADV_POPULATE_WRITE) != nil {
		t.Skip("a kernel before 5.14")
	}
	there := func() (pages int) {
		for at := 0; at < len(room); at += os.Getpagesize() {
			in := []byte{0}
			if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&room[at])), uintptr(os.Getpagesize()),
				uintptr(unsafe.Pointer(&in[0]))); errno != 0 {
				t.Fatal(errno)
			}
			pages += int(in[0] & 1)
		}
		return pages
	}
	room[5*large] = 7
	fillBeside(nil, 0, unsafe.Pointer(&room[0]), 3*large)
	want := 3 * large / os.Getpagesize()
	eventually.Holds(t, "the pages are there", func() bool { return there() >= want })
	if got := there(); got > want+2*large/os.Getpagesize() || room[5*large] != 7 {
		t.Errorf("%d pages are there, of %d that were asked for", got, want)
	}
}
