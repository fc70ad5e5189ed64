//go:build linux && !race

package socket

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// takeOver returns a listener to be used in place of ln. Of one on a loopback address connections are
// accepted that the Go scheduler is told of only when they have to wait: one that comes with its
// request and ends with the answer never is, which is four system calls less. What cannot be
// taken over is returned as it is.
func takeOver(ln net.Listener) net.Listener {
	tcp, is := ln.(*net.TCPListener)
	if !is {
		return ln
	}
	own := AddrPort(tcp.Addr())
	if !own.Addr().IsLoopback() {
		return ln // an address that stands for several does not tell a connection's own
	}
	file, err := tcp.File()
	if err != nil {
		return ln
	}
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return ln
	}
	l := &listener{file: file, raw: raw, addr: tcp.Addr(), own: own}
	l.acceptFn = l.accept
	if raw.Control(l.prepare) != nil || l.err != nil {
		_ = file.Close()
		return ln
	}
	_ = tcp.Close() // the socket itself is now file's
	return l
}

// listener is a net.Listener.
type listener struct {
	file     *os.File
	raw      syscall.RawConn
	addr     net.Addr
	own      netip.AddrPort
	acceptFn func(fd uintptr) bool
	closed   atomic.Bool

	mu     sync.Mutex // for what follows: one Accept at a time
	fd     int
	remote netip.AddrPort
	err    error
}

// prepare has accepted connections send small pieces without delay, as those of package net do:
// they have it from the listener, where both are TCP and nothing more.
func (l *listener) prepare(fd uintptr) {
	protocol, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err == nil && protocol != unix.IPPROTO_TCP {
		err = unix.EPROTONOSUPPORT
	}
	if err == nil {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	l.err = err
}

func (l *listener) Addr() net.Addr { return l.addr }

func (l *listener) Close() error {
	l.closed.Store(true)
	return netClosed(l.file.Close())
}

func (l *listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = nil
	err := l.raw.Read(l.acceptFn)
	switch {
	case err == nil:
		err = l.err
	case l.closed.Load():
		err = net.ErrClosed
	}
	if err != nil {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: err}
	}
	return &accepted{of: l, fd: l.fd, remote: l.remote}, nil
}

// accept takes the next connection; false asks to be called again once there is one.
func (l *listener) accept(fd uintptr) bool {
	for {
		var from unix.RawSockaddrAny
		size := uint32(unix.SizeofSockaddrAny)
		n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, fd, uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)),
			unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch errno {
		case 0:
			l.fd, l.remote = int(n), peerOf(&from)
			return true
		case unix.EINTR, unix.ECONNABORTED: // it ended before it was accepted
		case unix.EAGAIN:
			return false
		default:
			l.err = os.NewSyscallError("accept4", errno)
			return true
		}
	}
}

func peerOf(sa *unix.RawSockaddrAny) netip.AddrPort {
	port := func(p uint16) uint16 { // which stands there as on the network
		b := (*[2]byte)(unsafe.Pointer(&p))
		return uint16(b[0])<<8 | uint16(b[1])
	}
	switch sa.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), port(in.Port))
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom16(in.Addr).Unmap(), port(in.Port))
	}
	return netip.AddrPort{}
}

// netClosed is the error of a file that was closed before as package net has it of a connection.
func netClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return net.ErrClosed
	}
	return err
}
