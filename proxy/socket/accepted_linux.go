//go:build linux && !race

package socket

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// accepted is a connection of listener. Until it has to wait, what is done to it does not block,
// and is done under mu, so that its descriptor is its own meanwhile.
type accepted struct {
	of     *listener
	remote netip.AddrPort

	mu     sync.Mutex // for what follows
	fd     int        // -1 once it is closed, or file's
	file   *os.File   // since it had to wait
	raw    syscall.RawConn
	noRead bool // a deadline is over
	noSend bool // likewise
}

// wait has the scheduler know of the connection; mu is held.
func (a *accepted) wait() error {
	file := os.NewFile(uintptr(a.fd), "tcp")
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	a.fd, a.file, a.raw = -1, file, raw
	if a.noRead {
		err = file.SetReadDeadline(past)
	}
	if a.noSend && err == nil {
		err = file.SetWriteDeadline(past)
	}
	return err
}

// try does what needs no waiting; over is whether a deadline for it has passed. What has to wait is
// done with the raw connection that comes back.
func (a *accepted) try(f func(fd uintptr) bool, over *bool) (raw syscall.RawConn, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.file != nil:
		return a.raw, nil
	case a.fd < 0:
		return nil, net.ErrClosed
	case *over:
		return nil, os.ErrDeadlineExceeded
	case f(uintptr(a.fd)):
		return nil, nil
	}
	err = a.wait()
	return a.raw, err
}

// acceptedRaw is the syscall.RawConn of an accepted connection.
type acceptedRaw struct{ *accepted }

func (r acceptedRaw) Read(f func(fd uintptr) bool) error {
	raw, err := r.try(f, &r.noRead)
	if raw == nil || err != nil {
		return err
	}
	return raw.Read(f)
}

func (r acceptedRaw) Write(f func(fd uintptr) bool) error {
	raw, err := r.try(f, &r.noSend)
	if raw == nil || err != nil {
		return err
	}
	return raw.Write(f)
}

func (r acceptedRaw) Control(f func(fd uintptr)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.file != nil:
		return r.raw.Control(f)
	case r.fd < 0:
		return net.ErrClosed
	}
	f(uintptr(r.fd))
	return nil
}

func (a *accepted) SyscallConn() (syscall.RawConn, error) { return acceptedRaw{a}, nil }

func (a *accepted) Read(p []byte) (n int, err error) {
	var failed error
	err = acceptedRaw{a}.Read(func(fd uintptr) bool {
		n, failed = readNow(int(fd), p)
		return failed != unix.EAGAIN && failed != unix.EINTR
	})
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, &sysError{"read", failed.(syscall.Errno)}
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

func (a *accepted) Write(p []byte) (n int, err error) {
	var failed error
	err = acceptedRaw{a}.Write(func(fd uintptr) bool {
		for n < len(p) {
			wrote, err := unix.Write(int(fd), p[n:])
			switch err {
			case nil:
				n += wrote
			case unix.EINTR:
			case unix.EAGAIN:
				return false
			default:
				failed = &sysError{"write", err.(syscall.Errno)}
				return true
			}
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return n, err
}

func (a *accepted) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.file != nil:
		return netClosed(a.file.Close())
	case a.fd < 0:
		return net.ErrClosed
	}
	_, _, errno := unix.RawSyscall(unix.SYS_CLOSE, uintptr(a.fd), 0, 0)
	a.fd = -1
	if errno != 0 {
		return os.NewSyscallError("close", errno)
	}
	return nil
}

// control does what a socket option or the like asks for.
func (a *accepted) control(do func(fd int) error) error {
	var failed error
	if err := (acceptedRaw{a}).Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil {
		return err
	}
	return failed
}

func (a *accepted) CloseRead() error {
	return a.control(func(fd int) error { return unix.Shutdown(fd, unix.SHUT_RD) })
}

func (a *accepted) CloseWrite() error {
	return a.control(func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) })
}

func (a *accepted) SetLinger(seconds int) error {
	return a.control(func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: int32(seconds)})
	})
}

func (a *accepted) SetKeepAliveConfig(k net.KeepAliveConfig) error {
	return a.control(func(fd int) error {
		for _, o := range [...]struct{ level, name, value int }{
			{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(k.Idle / time.Second)},
			{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(k.Interval / time.Second)},
			{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, k.Count},
		} {
			if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *accepted) SetDeadline(t time.Time) error      { return a.deadline(t, true, true) }
func (a *accepted) SetReadDeadline(t time.Time) error  { return a.deadline(t, true, false) }
func (a *accepted) SetWriteDeadline(t time.Time) error { return a.deadline(t, false, true) }

// deadline sets a deadline; one that is still to come is the scheduler's affair.
func (a *accepted) deadline(t time.Time, read, send bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	over := !t.IsZero() && !t.After(time.Now())
	if a.file == nil {
		if a.fd < 0 {
			return net.ErrClosed
		}
		if read {
			a.noRead = over
		}
		if send {
			a.noSend = over
		}
		if t.IsZero() || over {
			return nil
		}
		if err := a.wait(); err != nil {
			return err
		}
	}
	switch {
	case read && send:
		return a.file.SetDeadline(t)
	case read:
		return a.file.SetReadDeadline(t)
	}
	return a.file.SetWriteDeadline(t)
}

func (a *accepted) LocalAddr() net.Addr      { return a.of.addr }
func (a *accepted) RemoteAddr() net.Addr     { return net.TCPAddrFromAddrPort(a.remote) }
func (a *accepted) addrPort() netip.AddrPort { return a.remote }

var _ stream = (*accepted)(nil)
