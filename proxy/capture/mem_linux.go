//go:build linux && !race

package capture

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// fill has the system put memory behind a segment in one step: it is about to be filled, and a fault
// for each page costs as much as what is written there. A system that cannot does it page by page. The
// Go scheduler is not told of the call, which takes some microseconds: it would be told some hundred
// times a second, and each time its monitor would be woken, which then does not rest for a while.
func fill(mem []byte) {
	_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, uintptr(unsafe.Pointer(unsafe.SliceData(mem))), uintptr(len(mem)), unix.MADV_POPULATE_WRITE)
}
