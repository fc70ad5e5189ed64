package socket

import (
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOwnersTellManySocketsApart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	owners, err := OpenOwners()
	if err != nil {
		t.Skip(err)
	}
	defer owners.Close()
	inodes := map[uint32]bool{}
	const count = 8
	for range count {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		h, known := owners.Of(AddrPort(c.LocalAddr()), AddrPort(c.RemoteAddr()))
		if !known || h.Inode == 0 || h.UID != uint32(os.Getuid()) {
			t.Fatalf("an open socket is held by %+v, known %t", h, known)
		}
		inodes[h.Inode] = true
		// An answer that was given up must not stand for the next one.
		owners.seq++
		late := diagMessage(AddrPort(c.LocalAddr()), AddrPort(c.RemoteAddr()), owners.seq)
		if err := unix.Sendto(owners.fd, late[:], 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			t.Fatal(err)
		}
		if h, known := owners.Of(AddrPort(c.LocalAddr()), AddrPort(c.LocalAddr())); !known || h.Inode != 0 {
			t.Fatalf("a socket that does not exist is held by %+v, known %t", h, known)
		}
	}
	if len(inodes) != count {
		t.Errorf("%d sockets have %d inodes", count, len(inodes))
	}
}
