package socket

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long anything here may take; a test that passes does not wait for it.
const patience = 10 * time.Second

// pair is a connection of ours and its peer, over the loopback interface.
func pair(t testing.TB) (*Conn, *net.TCPConn) { return pairOn(t, "127.0.0.1:0") }

func pairOn(t testing.TB, addr string) (*Conn, *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("no %s here: %v", addr, err)
	}
	defer func() { _ = ln.Close() }()
	own, peer := pairFrom(t, ln, ln.Addr().String())
	return own, peer
}

func pairFrom(t testing.TB, ln net.Listener, to string) (*Conn, *net.TCPConn) {
	t.Helper()
	peer, err := net.Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Close(), peer.Close() })
	limit := time.Now().Add(patience)
	_ = peer.SetDeadline(limit)
	_ = c.SetDeadline(limit)
	return New(c), peer.(*net.TCPConn)
}

func write(t testing.TB, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// readAll fills until n bytes are unread, and takes them.
func readAll(t testing.TB, c *Conn, n int) string {
	t.Helper()
	for len(c.Buffered()) < n {
		if err := c.Fill(); err != nil {
			t.Fatalf("after %q: %v", c.Buffered(), err)
		}
	}
	got := string(c.Buffered()[:n])
	c.Discard(n)
	return got
}

func TestFillAppendsToWhatIsUnread(t *testing.T) {
	c, peer := pair(t)
	write(t, peer, "hello ")
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	c.Discard(1)
	write(t, peer, "world")
	if got := readAll(t, c, 10); got != "ello world" {
		t.Errorf("%q", got)
	}
	if len(c.Buffered()) != 0 {
		t.Errorf("left: %q", c.Buffered())
	}
}

func TestReleaseKeepsUnreadBytes(t *testing.T) {
	c, peer := pair(t)
	write(t, peer, "ab")
	readAll(t, c, 1)
	c.Release()
	if got := string(c.Buffered()); got != "b" {
		t.Errorf("%q", got)
	}
	c.Discard(1)
	c.Release()
	if c.buf != nil || c.Buffered() != nil {
		t.Error("an empty buffer is kept")
	}
}

// TestFullBuffer overfills the buffer, and then the limit it may grow to.
func TestFullBuffer(t *testing.T) {
	c, peer := pair(t)
	const limit = 3*SmallBuffer + 1
	text := strings.Repeat("0123456789abcdef", SmallBuffer/4)
	go func() { _, _ = io.WriteString(peer, text) }()
	grown := 0
	for {
		err := c.Fill()
		if err == ErrFull {
			if err = c.Grow(limit); err == ErrFull {
				break
			}
			grown++
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := c.Buffered(); len(got) != limit || string(got) != text[:limit] || grown != 2 {
		t.Errorf("%d bytes after growing %d times", len(got), grown)
	}
	c.Discard(100)
	if err := c.Fill(); err != nil { // there is room again in front
		t.Error(err)
	}
	if got := c.Buffered(); string(got) != text[100:100+len(got)] || len(got) <= limit-100 {
		t.Errorf("%d bytes", len(got))
	}
	c.Discard(len(c.Buffered()))
	c.Release()
	if err := c.Fill(); err != nil || len(c.buf.b) != SmallBuffer {
		t.Errorf("a grown buffer came back: %d, %v", len(c.buf.b), err)
	}
}

func TestGrowKeepsPooledSizes(t *testing.T) {
	c, peer := pair(t)
	go func() { _, _ = peer.Write(make([]byte, 2*LargeBuffer)) }()
	for len(c.Buffered()) < LargeBuffer {
		if err := c.Fill(); err == ErrFull {
			if err := c.Grow(1 << 20); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(c.buf.b) != LargeBuffer {
		t.Errorf("a buffer of %d bytes", len(c.buf.b))
	}
}

func TestSetBulkChoosesTheNextBuffer(t *testing.T) {
	c, peer := pair(t)
	write(t, peer, "a")
	readAll(t, c, 1)
	c.SetBulk(true)
	if c.buf != nil {
		t.Error("the small buffer is kept")
	}
	write(t, peer, "bc")
	readAll(t, c, 1)
	if len(c.buf.b) != LargeBuffer {
		t.Errorf("%d bytes", len(c.buf.b))
	}
	c.SetBulk(false)
	eventually.Holds(t, "the last byte", func() bool { return string(c.Buffered()) == "c" || c.Fill() == nil })
}

func TestEnds(t *testing.T) {
	t.Run("a clean end", func(t *testing.T) {
		c, peer := pair(t)
		write(t, peer, "x")
		_ = peer.CloseWrite()
		if readAll(t, c, 1); c.Fill() != io.EOF || c.buf != nil {
			t.Error("no EOF, or a buffer is held")
		}
		write(t, c, "late")
		var b [4]byte
		if _, err := io.ReadFull(peer, b[:]); err != nil || string(b[:]) != "late" {
			t.Errorf("%q %v", b, err)
		}
	})
	t.Run("a reset", func(t *testing.T) {
		c, peer := pair(t)
		_ = peer.SetLinger(0)
		_ = peer.Close()
		if err := c.Fill(); !IsReset(err) || IsInterrupt(err) || c.buf != nil {
			t.Errorf("%v", err)
		}
	})
	t.Run("a reset with bytes unread", func(t *testing.T) {
		c, peer := pair(t)
		write(t, peer, "xy")
		readAll(t, c, 1)
		_ = peer.SetLinger(0)
		_ = peer.Close()
		if err := c.Fill(); !IsReset(err) || string(c.Buffered()) != "y" {
			t.Errorf("%v, %q", err, c.Buffered())
		}
	})
	t.Run("our own close", func(t *testing.T) {
		c, _ := pair(t)
		filled := make(chan error)
		go func() { filled <- c.Fill() }()
		_ = c.Close()
		if err := <-filled; !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

func TestAbortIsAReset(t *testing.T) {
	c, peer := pair(t)
	if err := c.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Read(make([]byte, 1)); !IsReset(err) {
		t.Errorf("the peer got %v", err)
	}
}

func TestCloseWriteIsAnEnd(t *testing.T) {
	c, peer := pair(t)
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer got %v", err)
	}
	write(t, peer, "answer")
	if got := readAll(t, c, 6); got != "answer" {
		t.Errorf("%q", got)
	}
}

func TestInterruptAndResume(t *testing.T) {
	c, peer := pair(t)
	filled := make(chan error)
	go func() { filled <- c.Fill() }()
	c.Interrupt()
	if err := <-filled; !IsInterrupt(err) || IsReset(err) {
		t.Errorf("%v", err)
	}
	if err := c.Fill(); !IsInterrupt(err) {
		t.Errorf("later: %v", err)
	}
	if _, err := c.Write([]byte("x")); !IsInterrupt(err) {
		t.Errorf("write: %v", err)
	}
	c.Resume()
	write(t, peer, "on")
	if got := readAll(t, c, 2); got != "on" {
		t.Errorf("%q", got)
	}
}

func TestInterruptReachesAReadThatHoldsBytes(t *testing.T) {
	c, peer := pair(t)
	write(t, peer, "xy")
	readAll(t, c, 1)
	filled := make(chan error)
	go func() { filled <- c.Fill() }()
	c.Interrupt()
	if err := <-filled; !IsInterrupt(err) {
		t.Errorf("%v", err)
	}
	if string(c.Buffered()) != "y" {
		t.Errorf("%q", c.Buffered())
	}
}

func TestDeadlines(t *testing.T) {
	c, _ := pair(t)
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	if err := c.Fill(); !IsInterrupt(err) {
		t.Errorf("%v", err)
	}
}

// TestPlainConnections: what is no socket of the system's is read plainly.
func TestPlainConnections(t *testing.T) {
	a, b := net.Pipe()
	c := New(a)
	defer func() { _, _ = c.Close(), b.Close() }()
	go func() { _, _ = b.Write([]byte("hi")) }()
	if got := readAll(t, c, 2); got != "hi" {
		t.Errorf("%q", got)
	}
	if c.Look() != (Look{}) || c.AddrPort().IsValid() {
		t.Error("looked into a pipe")
	}
	if gone, known := c.PeerGone(); gone || known {
		t.Error("asked about a pipe")
	}
	if _, err := c.Splice(c, 1, func(int64) {}); err != ErrNoSplice {
		t.Errorf("%v", err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Error(err)
	}
	if _, err := b.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("%v", err)
	}
	c2 := New(a)
	if err := c2.Abort(); err != nil {
		t.Error(err)
	}
}

func TestAddrPort(t *testing.T) {
	c, peer := pair(t)
	if got, want := c.AddrPort().String(), peer.LocalAddr().String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	mapped := AddrPort(&net.TCPAddr{IP: net.ParseIP("::ffff:1.2.3.4"), Port: 5})
	if mapped.String() != "1.2.3.4:5" {
		t.Errorf("%s", mapped)
	}
	if AddrPort(&net.UnixAddr{}).IsValid() {
		t.Error("a unix address has a port")
	}
}
