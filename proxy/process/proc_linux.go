package process

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel answers from memory what it is asked of /proc, so that the Go scheduler is not told of the
// calls here. Told of one every few microseconds its monitor would never rest, which costs as much
// processor time as the calls do.

// node is a descriptor of what lies below /proc.
type node int

// openNode opens a path below another node, or an absolute one.
func openNode(at node, path string, flags int) (node, error) {
	name, err := unix.BytePtrFromString(path)
	if err != nil {
		return -1, err
	}
	for {
		fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(at), uintptr(unsafe.Pointer(name)),
			uintptr(flags|unix.O_CLOEXEC), 0, 0, 0)
		switch errno {
		case 0:
			return node(fd), nil
		case unix.EINTR:
		default:
			return -1, errno
		}
	}
}

func (n node) close() { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(n), 0, 0) }

// read reads once; what cannot be read is nothing.
func (n node) read(p []byte) []byte {
	got, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(n), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return nil
	}
	return p[:got]
}

// link is where a link in the directory leads; name ends with a zero. What cannot be read is nothing.
func (n node) link(name []byte, p []byte) []byte {
	got, _, errno := unix.RawSyscall6(unix.SYS_READLINKAT, uintptr(n), uintptr(unsafe.Pointer(unsafe.SliceData(name))),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0)
	if errno != 0 {
		return nil
	}
	return p[:got]
}

// Of an entry of a directory, getdents64(2): where its length, and where its name stand, which ends with a zero.
const (
	entryLength = 16
	entryName   = 19
)

// each visits the names in a directory, each with the zero behind it, until visit returns false. It reads them into p.
func (n node) each(p []byte, visit func(name []byte) bool) {
	for {
		got, _, errno := unix.RawSyscall(unix.SYS_GETDENTS64, uintptr(n), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if errno != 0 || got == 0 {
			return
		}
		for rest := p[:got]; len(rest) > entryName; {
			length := int(binary.NativeEndian.Uint16(rest[entryLength:]))
			name := rest[entryName:length]
			end := bytes.IndexByte(name, 0)
			if !visit(name[:end+1]) {
				return
			}
			rest = rest[length:]
		}
	}
}
