// Package socket reads and writes the connections of the proxy: pooled read
// buffers that an idle connection does not hold, a look whether a socket is
// readable, an abort that the peer sees, and (on Linux) bytes moved from socket
// to socket inside the kernel. What differs between operating systems is in
// separate files; everything works without it, at a higher cost.
//
// A Conn has one reader and one writer at a time, which may be two goroutines.
// Close, Abort, CloseWrite, Look, PeerGone, Interrupt and Resume are safe from
// any goroutine.
package socket

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Sizes of pooled read buffers, in bytes.
const (
	SmallBuffer = 8 << 10  // heads and small bodies
	LargeBuffer = 64 << 10 // bodies in bulk
)

// ErrFull says that the buffer holds unread bytes up to its end.
var ErrFull = errors.New("socket: read buffer is full")

type buffer struct{ b []byte }

var (
	smallBuffers = sync.Pool{New: func() any { return &buffer{make([]byte, SmallBuffer)} }}
	largeBuffers = sync.Pool{New: func() any { return &buffer{make([]byte, LargeBuffer)} }}
)

func getBuffer(large bool) *buffer {
	if large {
		return largeBuffers.Get().(*buffer)
	}
	return smallBuffers.Get().(*buffer)
}

// giveBuffer takes a buffer back; one that was grown for a long head is left to the collector.
func giveBuffer(b *buffer) {
	switch len(b.b) {
	case SmallBuffer:
		smallBuffers.Put(b)
	case LargeBuffer:
		largeBuffers.Put(b)
	}
}

// Conn is a connection with a read buffer that it holds only while bytes wait in it.
type Conn struct {
	net.Conn
	tcp stream          // nil where it is no TCP
	raw syscall.RawConn // nil where the connection is no socket of the system's

	layer *layer // TLS, nil on a plain connection; tcp and raw are then the socket below it

	buf  *buffer
	r, w int  // unread bytes are buf.b[r:w]
	bulk bool // take large buffers from now on

	aborted atomic.Bool            // by Abort, where the connection knows no reset
	stopped atomic.Bool            // by Interrupt, until Resume
	paced   atomic.Pointer[pacing] // slow lines that what is written passes, nil for none; of the lowest connection

	poller        // state of the raw read and look calls, see conn_unix.go
	writer writer // and of the raw write call, see raw_linux.go
}

// stream is what can be done to a TCP connection: a *net.TCPConn, or one that Listen's listener accepts.
type stream interface {
	net.Conn
	syscall.Conn
	CloseRead() error
	CloseWrite() error
	SetLinger(seconds int) error
	SetKeepAliveConfig(net.KeepAliveConfig) error
}

// New wraps c. A TCP connection gets all of the package's ways; any other
// connection (a test's pipe) is read and written plainly. Secure puts TLS above one.
func New(c net.Conn) *Conn {
	s := &Conn{Conn: c}
	if tcp, ok := c.(stream); ok {
		s.tcp = tcp
		if raw, err := tcp.SyscallConn(); err == nil {
			s.raw = raw
		}
	}
	s.poller.init(s)
	s.writer.init(s)
	return s
}

// Buffered returns the unread bytes; they stay valid until the next Fill, Grow or Release.
func (c *Conn) Buffered() []byte {
	if c.buf == nil {
		return nil
	}
	return c.buf.b[c.r:c.w]
}

// Discard drops the first n unread bytes.
func (c *Conn) Discard(n int) {
	c.r += n
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
}

// SetBulk chooses large buffers (true) or small ones for the next time that
// the connection needs a buffer; an empty one of the other size is given back.
func (c *Conn) SetBulk(on bool) {
	if c.bulk == on {
		return
	}
	c.bulk = on
	c.Release()
	if c.layer != nil {
		c.layer.under.SetBulk(on)
	}
}

// Release gives the buffer back if no unread byte waits in it, and with TLS that of the records too.
func (c *Conn) Release() {
	if c.layer != nil {
		c.layer.under.Release()
	}
	if c.buf != nil && c.r == c.w {
		giveBuffer(c.buf)
		c.buf, c.r, c.w = nil, 0, 0
	}
}

// Fill reads once and appends to the unread bytes; it waits while none arrive,
// and holds no buffer while it waits with none unread. At the end it returns io.EOF.
func (c *Conn) Fill() error {
	if c.r == c.w {
		c.r, c.w = 0, 0
		if c.layer != nil {
			return c.fillSecure()
		}
		return c.fillEmpty()
	}
	if c.w == len(c.buf.b) {
		if c.r == 0 {
			return ErrFull
		}
		c.w = copy(c.buf.b, c.buf.b[c.r:c.w])
		c.r = 0
	}
	if c.layer != nil {
		return c.fillSecure()
	}
	c.poller.acknowledge(c.raw)
	n, err := c.Conn.Read(c.buf.b[c.w:])
	c.w += n
	if n > 0 {
		return nil
	}
	return noProgress(err)
}

func noProgress(err error) error {
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// fillPlain is fillEmpty for connections that cannot be waited on without a buffer.
func (c *Conn) fillPlain() error {
	if c.buf == nil {
		c.buf = getBuffer(c.bulk)
	}
	n, err := c.Conn.Read(c.buf.b)
	c.w = n
	if n > 0 {
		return nil
	}
	c.Release()
	return noProgress(err)
}

// Grow doubles a full buffer, up to limit bytes.
func (c *Conn) Grow(limit int) error {
	if len(c.buf.b) >= limit {
		return ErrFull
	}
	var next *buffer
	if size := min(2*len(c.buf.b), limit); size == LargeBuffer {
		next = getBuffer(true)
	} else {
		next = &buffer{make([]byte, size)}
	}
	n := copy(next.b, c.buf.b[c.r:c.w])
	giveBuffer(c.buf)
	c.buf, c.r, c.w = next, 0, n
	return nil
}

// Write writes all of p. Only one goroutine may write at a time.
func (c *Conn) Write(p []byte) (int, error) {
	if paced := c.paced.Load(); paced != nil {
		return paced.write(c, p)
	}
	return c.write(p)
}

// Ask is a Write whose answer the next Fill waits for: no unread bytes are there, Fill comes
// before anything else is done with the connection, and p stays as it is until then. Then p
// may be written only once Fill is ready to wait, so that it need not look for an answer that
// cannot be there yet, which is a system call: what has come before may be found only with what
// comes behind. wrote is told how the write went, before Ask or Fill returns.
func (c *Conn) Ask(p []byte, wrote func(error)) {
	if c.layer == nil || c.r != c.w || !c.layer.ask(p, wrote) {
		c.ask(p, wrote)
	}
}

// CloseWrite ends the sending side (TCP FIN); reading goes on.
func (c *Conn) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return c.Conn.Close()
}

// Abort closes so that the peer sees a reset, not an end (RFC 9293 section 3.10.5).
func (c *Conn) Abort() error {
	if c.tcp == nil {
		c.aborted.Store(true)
		return c.Conn.Close()
	}
	_ = c.tcp.SetLinger(0) // if that fails, the close is still a close
	return c.tcp.Close()   // what lies upon it would try to say goodbye
}

// Aborted reports whether a connection that knows no reset was closed by Abort.
func (c *Conn) Aborted() bool { return c.aborted.Load() }

// Keep-alive probes (RFC 9293 section 3.8.4): a peer that vanished is noticed
// after 15 + 4 * 5 seconds.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 4}

// KeepAlive lets the system find out about a peer that vanished without a word.
// It costs four system calls, and where it cannot be had the connection works all the same.
func (c *Conn) KeepAlive() {
	if c.tcp != nil {
		_ = c.tcp.SetKeepAliveConfig(keepAlive)
	}
}

var past = time.Unix(1, 0)

// Interrupt makes reads and writes under way, and later ones until Resume, fail with os.ErrDeadlineExceeded.
func (c *Conn) Interrupt() {
	if c.layer != nil {
		c.layer.stopped.Store(true)
	}
	c.stopped.Store(true)
	_ = c.Conn.SetDeadline(past)
}

// Resume undoes Interrupt.
func (c *Conn) Resume() {
	if c.layer != nil {
		c.layer.stopped.Store(false)
	}
	c.stopped.Store(false)
	_ = c.Conn.SetDeadline(time.Time{})
}

// AddrPort is the peer's address, with IPv4 in its own form; zero if it has none.
func (c *Conn) AddrPort() netip.AddrPort {
	if known, ok := c.Conn.(interface{ addrPort() netip.AddrPort }); ok {
		return known.addrPort()
	}
	return AddrPort(c.Conn.RemoteAddr())
}

// AddrPort turns a TCP address into a plain value, with IPv4 in its own form.
func AddrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
