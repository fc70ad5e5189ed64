package socket

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	diagByFamily = 20 // SOCK_DIAG_BY_FAMILY, sock_diag(7)
	diagRequest  = 16 + 56
	diagUID      = 16 + 64
	diagInode    = 16 + 68 // offset of idiag_inode behind the netlink header
)

// PeerGone answers what a FIN alone cannot: whether the peer closed only its
// sending side and still waits for an answer, or is gone for good. For a peer
// on this machine the kernel knows whether any process still holds its socket
// (sock_diag(7)). known is false for peers elsewhere.
func (c *Conn) PeerGone() (gone, known bool) {
	peer, own := c.AddrPort(), AddrPort(c.Conn.LocalAddr())
	if !peer.IsValid() || !own.IsValid() || !peer.Addr().IsLoopback() && peer.Addr() != own.Addr() {
		return false, false
	}
	h, known := Owner(peer, own)
	return known && h.Inode == 0, known
}

// Held says who holds a socket of this machine.
type Held struct {
	Inode uint32 // as in /proc/PID/fd; 0: no process does
	UID   uint32 // the user whose process made it
}

// Owner is Owners.Of for one socket.
func Owner(local, remote netip.AddrPort) (h Held, known bool) {
	o, err := OpenOwners()
	if err != nil {
		return h, false
	}
	defer o.Close()
	return o.Of(local, remote)
}

// Owners asks the kernel who holds sockets (sock_diag(7)). Its owner is one goroutine,
// which closes it.
type Owners struct {
	fd  int
	seq uint32 // of the newest question
}

// OpenOwners begins to ask; a socket costs as much as the questions.
func OpenOwners() (*Owners, error) {
	fd, _, errno := unix.RawSyscall(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if errno != 0 {
		return nil, errno
	}
	return &Owners{fd: int(fd)}, nil
}

func (o *Owners) Close() { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(o.fd), 0, 0) }

// maxLate bounds the answers that are skipped: those to questions which were given up.
const maxLate = 16

// Of tells about the TCP socket of this machine whose own address is local and whose
// peer is remote. known is false where the kernel does not tell. It costs some microseconds.
func (o *Owners) Of(local, remote netip.AddrPort) (h Held, known bool) {
	o.seq++
	question := diagMessage(local, remote, o.seq)
	if _, err := o.do(unix.SYS_SENDTO, question[:], unix.MSG_DONTWAIT); err != nil {
		return h, false
	}
	var answer [512]byte
	for range maxLate {
		n, err := o.do(unix.SYS_RECVFROM, answer[:], unix.MSG_DONTWAIT)
		if err != nil || n < 20 {
			return h, false
		}
		if binary.NativeEndian.Uint32(answer[8:]) == o.seq {
			return held(answer[:n])
		}
	}
	return h, false
}

// do sends or receives. The kernel answers while it is asked, so nothing is waited for, and the Go
// scheduler is not told: it would be told of two calls for each connection that is accepted.
func (o *Owners) do(call uintptr, p []byte, flags uintptr) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(call, uintptr(o.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// held reads an answer.
func held(answer []byte) (h Held, known bool) {
	switch binary.NativeEndian.Uint16(answer[4:]) {
	case unix.NLMSG_ERROR:
		return h, int32(binary.NativeEndian.Uint32(answer[16:])) == -int32(unix.ENOENT)
	case diagByFamily:
		if len(answer) < diagInode+4 {
			return h, false
		}
		h.UID, h.Inode = binary.NativeEndian.Uint32(answer[diagUID:]), binary.NativeEndian.Uint32(answer[diagInode:])
		return h, true
	}
	return h, false
}

// diagMessage asks for the TCP socket whose own address is local and whose peer is remote.
func diagMessage(local, remote netip.AddrPort, seq uint32) (m [diagRequest]byte) {
	binary.NativeEndian.PutUint32(m[0:], diagRequest)
	binary.NativeEndian.PutUint16(m[4:], diagByFamily)
	binary.NativeEndian.PutUint16(m[6:], unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(m[8:], seq)
	m[16] = unix.AF_INET6
	if local.Addr().Is4() {
		m[16] = unix.AF_INET
	}
	m[17] = unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(m[20:], ^uint32(0)) // any state
	binary.BigEndian.PutUint16(m[24:], local.Port())
	binary.BigEndian.PutUint16(m[26:], remote.Port())
	putAddr(m[28:44], local.Addr())
	putAddr(m[44:60], remote.Addr())
	binary.NativeEndian.PutUint32(m[64:], ^uint32(0)) // no cookie
	binary.NativeEndian.PutUint32(m[68:], ^uint32(0))
	return m
}

func putAddr(to []byte, a netip.Addr) {
	if a.Is4() {
		ip := a.As4()
		copy(to, ip[:])
		return
	}
	ip := a.As16()
	copy(to, ip[:])
}
