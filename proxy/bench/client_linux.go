package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// answerLimit is how long the client waits for bytes before it calls a proxy stuck.
const answerLimit = 20 * time.Second

// client is one blocking connection, on bare system calls so that load costs
// as little as it can. It is for one goroutine.
type client struct {
	fd  int
	buf []byte // read, not yet used
}

func dial(addr string) (*client, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	c := &client{fd: fd}
	limit := unix.NsecToTimeval(answerLimit.Nanoseconds())
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}),
	)
	if err != nil {
		c.close()
		return nil, fmt.Errorf("connecting to %s: %w", addr, err)
	}
	return c, nil
}

// connect goes on when a signal comes in between, as connect(2) says to do it.
func connect(fd int, to unix.Sockaddr) error {
	err := unix.Connect(fd, to)
	if err != unix.EINTR {
		return err
	}
	for {
		_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, int(answerLimit.Milliseconds()))
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return err
	}
	number, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && number != 0 {
		err = syscall.Errno(number)
	}
	return err
}

func (c *client) close() { _ = unix.Close(c.fd) }

func (c *client) write(b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(c.fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("writing: %w", err)
		}
		b = b[n:]
	}
	return nil
}

// Read returns some bytes: those left over first.
func (c *client) Read(into []byte) (int, error) {
	if len(c.buf) > 0 {
		n := copy(into, c.buf)
		c.buf = c.buf[n:]
		return n, nil
	}
	n, err := c.receive(into, 0)
	if err == nil && n == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

func (c *client) receive(into []byte, flags int) (int, error) {
	for {
		n, _, err := unix.Recvfrom(c.fd, into, flags)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, fmt.Errorf("nothing came for %v", answerLimit)
		case err != nil:
			return 0, fmt.Errorf("reading: %w", err)
		}
		return n, nil
	}
}

// answer is what is needed of a response head.
type answer struct {
	status int
	length int64 // of the body; -1 if the head does not say
	head   int   // bytes of the head
	reused bool  // the connection to the closing server took up a session
}

const maxAnswerHead = 16 << 10

// readAnswer reads a response head; what follows it stays in c.buf.
func (c *client) readAnswer() (answer, error) {
	b := append(make([]byte, 0, maxAnswerHead), c.buf...)
	for {
		if a, ok, err := parseAnswer(b); ok || err != nil {
			c.buf = b[a.head:]
			return a, err
		}
		if len(b) == cap(b) {
			return answer{}, errors.New("the response head does not end")
		}
		n, err := c.receive(b[len(b):cap(b)], 0)
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return answer{}, fmt.Errorf("in the response head %q: %w", b, err)
		}
		b = b[:len(b)+n]
	}
}

// parseAnswer reads the head at the start of b; ok is false while it is not complete.
func parseAnswer(b []byte) (a answer, ok bool, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return a, false, nil
	}
	a = answer{length: -1, head: end + 4}
	first, rest, _ := bytes.Cut(b[:end], []byte("\r\n"))
	words := bytes.SplitN(first, []byte(" "), 3)
	if len(words) < 2 || !bytes.HasPrefix(words[0], []byte("HTTP/1.")) {
		return a, false, fmt.Errorf("%q is no status line", first)
	}
	if a.status, err = strconv.Atoi(string(words[1])); err != nil {
		return a, false, fmt.Errorf("%q is no status line", first)
	}
	for line := range bytes.SplitSeq(rest, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte(sessionField)):
			a.reused = string(value) == "r"
		case bytes.EqualFold(name, []byte("Content-Length")):
			if a.length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return a, false, fmt.Errorf("%q is no length", line)
			}
		}
	}
	return a, true, nil
}

// openTunnel asks a proxy for a tunnel to authority.
func (c *client) openTunnel(authority string) error {
	if err := c.write([]byte("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n")); err != nil {
		return err
	}
	a, err := c.readAnswer()
	if err != nil {
		return fmt.Errorf("CONNECT: %w", err)
	}
	if a.status != 200 {
		return fmt.Errorf("CONNECT was answered with %d", a.status)
	}
	return nil
}

// get sends a request and expects 200 with a body of size bytes to follow.
func (c *client) get(request []byte, size int64) (answer, error) {
	if err := c.write(request); err != nil {
		return answer{}, err
	}
	a, err := c.readAnswer()
	if err == nil && (a.status != 200 || a.length != size) {
		err = fmt.Errorf("the answer is %d with a length of %d, not 200 with %d", a.status, a.length, size)
	}
	return a, err
}

// verifyBody reads size bytes and holds each against the pattern.
func (c *client) verifyBody(size int64) error { return verifyBody(c, size) }

// verifyBody reads size bytes from r and holds each against the pattern.
func verifyBody(r io.Reader, size int64) error {
	buf := make([]byte, 256<<10)
	var want []byte
	held := 0 // bytes of buf not yet compared
	for at := int64(0); at < size; {
		n, err := r.Read(buf[held:min(int64(len(buf)), size-at)])
		if err != nil && n == 0 {
			return fmt.Errorf("after %d of %d bytes: %w", at+int64(held), size, err)
		}
		held += n
		whole := held &^ 7
		want = pattern(want[:0], at, int64(whole))
		if !bytes.Equal(want, buf[:whole]) {
			return fmt.Errorf("a byte between %d and %d is wrong", at, at+int64(whole))
		}
		at += int64(whole)
		held = copy(buf, buf[whole:held])
	}
	return nil
}

// discard takes size bytes without copying them out of the kernel.
func (c *client) discard(size int64) error {
	n := min(int64(len(c.buf)), size)
	c.buf = c.buf[n:]
	size -= n
	untouched := make([]byte, 1<<20)
	for size > 0 {
		// MSG_TRUNC on a TCP socket drops the bytes instead (tcp(7)).
		n, err := c.receive(untouched[:min(int64(len(untouched)), size)], unix.MSG_TRUNC)
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("with %d bytes to come: %w", size, err)
		}
		size -= int64(n)
	}
	return nil
}
