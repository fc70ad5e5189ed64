package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// goRoom is how much of Go's heap has large pages: what a start fills of it.
const goRoom = 48 << 20

// takeLargePages has the first part of Go's heap lie in pages of 2 MiB where the kernel asks whether a program
// wants that. A start fills twenty thousand of 4 KiB, and in a virtual machine each may take longer than what is
// done with it. It costs no memory but the rest of one page: what is not used is not there.
func takeLargePages() {
	room := make([]byte, goRoom) // nobody writes there
	_ = unix.Madvise(room, unix.MADV_HUGEPAGE)
	runtime.KeepAlive(room)
	room = nil
	runtime.GC()
}
