//go:build linux && !race

package capture

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// preferLarge asks for pages that are as large as a tract, where it is large enough for that: they
// are made in one step, and the processor finds them faster.
func preferLarge(tract []byte) { advise(tract, unix.MADV_HUGEPAGE) }

// fill has the system put memory behind a segment in one step: it is about to be filled, and a fault
// for each page costs as much as what is written there.
func fill(mem []byte) { advise(mem, unix.MADV_POPULATE_WRITE) }

// advise tells the system what will be done with memory; what it does not know it leaves. That ends
// soon, and the Go scheduler is not told: its monitor would be woken and not rest while exchanges pass.
func advise(mem []byte, advice uintptr) {
	_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, uintptr(unsafe.Pointer(unsafe.SliceData(mem))), uintptr(len(mem)), advice)
}
