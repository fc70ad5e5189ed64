package proxytest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/socket"
)

// Conn is one side of a conversation: a client of the proxy, or an origin's
// connection from the proxy.
type Conn struct {
	Net  *net.TCPConn // for what has no step here
	Name string       // in the transcript

	t      testing.TB
	p      *Proxy
	stream net.Conn // Net, or TLS above it
	wire   *wire    // between the two
	ahead  []byte   // read and not yet expected
	served *Origin  // whose Serve runs the steps, nil where the test's goroutine does
	quiet  bool
}

func newConn(t testing.TB, p *Proxy, name string, c net.Conn) *Conn {
	tcp := c.(*net.TCPConn)
	return &Conn{Net: tcp, Name: name, t: t, p: p, stream: tcp}
}

// Quiet leaves this connection's steps out of the transcript, for bulk.
func (c *Conn) Quiet() *Conn {
	c.quiet = true
	return c
}

// Send sends text, with {origin} and {proxy} replaced, in one write.
func (c *Conn) Send(text string) {
	c.t.Helper()
	c.SendBytes([]byte(c.p.Text(text)))
}

// SendBytes sends b as it is.
func (c *Conn) SendBytes(b []byte) {
	c.t.Helper()
	c.log(">>", b)
	_ = c.Net.SetWriteDeadline(time.Now().Add(Deadline))
	if n, err := c.stream.Write(b); err != nil {
		c.fail("could send %d of %d bytes: %v", n, len(b), err)
	}
}

// TrySend is Send for a peer that may have gone: it returns the error.
func (c *Conn) TrySend(text string) error {
	b := []byte(c.p.Text(text))
	c.log(">>", b)
	_ = c.Net.SetWriteDeadline(time.Now().Add(Deadline))
	_, err := c.stream.Write(b)
	return err
}

// Expect reads exactly as many bytes as text has and fails unless they are text.
func (c *Conn) Expect(text string) {
	c.t.Helper()
	want := c.p.Text(text)
	got, err := c.next(len(want))
	c.log("<<", got)
	if string(got) != want {
		c.differ(got, want, err)
	}
}

// ExpectN reads n bytes, whatever they are.
func (c *Conn) ExpectN(n int) []byte {
	c.t.Helper()
	got, err := c.next(n)
	c.log("<<", got)
	if err != nil {
		c.fail("wanted %d bytes, got %d: %v", n, len(got), err)
	}
	return got
}

// ExpectHead reads through the empty line that ends a head, and returns it.
func (c *Conn) ExpectHead() string {
	c.t.Helper()
	return c.ExpectThrough("\r\n\r\n")
}

// NextHead is ExpectHead for a script that serves whatever comes: ok is false
// when the peer ended the connection before another head began.
func (c *Conn) NextHead() (head string, ok bool) {
	c.t.Helper()
	if len(c.ahead) == 0 {
		if err := c.more(); err == io.EOF || socket.IsReset(err) || errors.Is(err, net.ErrClosed) {
			c.logText("<< [%v]", err)
			return "", false
		}
	}
	return c.ExpectHead(), true
}

// ExpectThrough reads until end was read, and returns all up to and with it.
func (c *Conn) ExpectThrough(end string) string {
	c.t.Helper()
	for {
		if i := bytes.Index(c.ahead, []byte(end)); i >= 0 {
			got := c.ahead[:i+len(end)]
			c.ahead = c.ahead[i+len(end):]
			c.log("<<", got)
			return string(got)
		}
		if err := c.more(); err != nil {
			c.log("<<", c.ahead)
			c.fail("wanted bytes through %q: %v", end, err)
		}
	}
}

// ExpectStatus reads a response head, fails unless its status is code, and
// returns the head. A body stays unread.
func (c *Conn) ExpectStatus(code int) string {
	c.t.Helper()
	head := c.ExpectHead()
	if len(head) < 12 || !strings.HasPrefix(head, "HTTP/1.1 ") || head[9:12] != fmt.Sprint(code) {
		c.fail("wanted status %d, got %.60q", code, head)
	}
	return head
}

// ExpectEnd fails unless the peer ends its side cleanly, with no byte before.
func (c *Conn) ExpectEnd() {
	c.t.Helper()
	c.ending(func(err error) bool { return err == io.EOF }, "a clean end")
}

// ExpectReset fails unless the peer resets the connection, with no byte before.
func (c *Conn) ExpectReset() {
	c.t.Helper()
	c.ending(socket.IsReset, "a reset")
}

// ExpectGone fails unless the peer ends or resets the connection, with no byte before.
func (c *Conn) ExpectGone() {
	c.t.Helper()
	c.ending(func(err error) bool { return err == io.EOF || socket.IsReset(err) }, "an end or a reset")
}

func (c *Conn) ending(fits func(error) bool, what string) {
	c.t.Helper()
	var err error
	if len(c.ahead) == 0 {
		err = c.more()
	}
	if len(c.ahead) > 0 {
		c.log("<<", c.ahead)
		c.fail("wanted %s, got %d bytes", what, len(c.ahead))
	}
	c.logText("<< [%v]", err)
	if !fits(err) {
		c.fail("wanted %s, got %v", what, err)
	}
}

// Rest reads until the peer ends or resets, and returns all bytes and the
// error that ended them (nil for a clean end).
func (c *Conn) Rest() ([]byte, error) {
	for {
		if err := c.more(); err != nil {
			got := c.ahead
			c.ahead = nil
			c.log("<<", got)
			c.logText("<< [%v]", err)
			if err == io.EOF {
				err = nil
			}
			return got, err
		}
	}
}

// Silence fails if a byte or an end arrives within d. It cannot fail wrongly,
// but it can miss: use it only beside a step that proves the rest.
func (c *Conn) Silence(d time.Duration) {
	c.t.Helper()
	if len(c.ahead) == 0 {
		var one [1]byte
		_ = c.Net.SetReadDeadline(time.Now().Add(d))
		n, err := c.stream.Read(one[:])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		c.ahead = append(c.ahead, one[:n]...)
		if n == 0 {
			c.fail("wanted silence, got %v", err)
		}
	}
	c.fail("wanted silence, got %q", c.ahead)
}

// CloseWrite ends the sending side; reading goes on.
func (c *Conn) CloseWrite() {
	c.logText(">> [end of sending]")
	_ = c.stream.(interface{ CloseWrite() error }).CloseWrite()
}

// Close closes both sides. With unread bytes the system sends a reset.
func (c *Conn) Close() {
	c.logText(">> [close]")
	_ = c.stream.Close()
}

// Reset breaks the connection off.
func (c *Conn) Reset() {
	c.logText(">> [reset]")
	_ = c.Net.SetLinger(0)
	_ = c.Net.Close()
}

// next returns the next n bytes, or fewer with the error that ended them.
func (c *Conn) next(n int) ([]byte, error) {
	var err error
	for len(c.ahead) < n && err == nil {
		err = c.more()
	}
	n = min(n, len(c.ahead))
	got := c.ahead[:n:n]
	c.ahead = c.ahead[n:]
	return got, err
}

// more reads once. With an error nothing was read.
func (c *Conn) more() error {
	_ = c.Net.SetReadDeadline(time.Now().Add(Deadline))
	c.ahead = slices.Grow(c.ahead, 4<<10)
	n, err := c.stream.Read(c.ahead[len(c.ahead):cap(c.ahead)])
	c.ahead = c.ahead[:len(c.ahead)+n]
	if n > 0 {
		return nil
	}
	return err
}

func (c *Conn) log(arrow string, b []byte) {
	if c.quiet || len(b) == 0 {
		return
	}
	if len(b) > 400 {
		c.logText("%s %q ... %q (%d bytes)", arrow, b[:200], b[len(b)-100:], len(b))
		return
	}
	c.logText("%s %q", arrow, b)
}

func (c *Conn) logText(format string, args ...any) {
	c.t.Helper()
	if !c.quiet {
		c.t.Logf("%-8s "+format, append([]any{c.Name}, args...)...)
	}
}

// differ says where two texts part.
func (c *Conn) differ(got []byte, want string, err error) {
	c.t.Helper()
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(0, i-40)
	c.fail("at byte %d of %d\n got …%.160q\nwant …%.160q\n(%v)", i, len(want), got[from:], want[from:], err)
}

func (c *Conn) fail(format string, args ...any) {
	c.t.Helper()
	text := c.Name + ": " + fmt.Sprintf(format, args...)
	if c.served == nil {
		c.t.Fatal(text)
	}
	if !c.served.over() {
		c.t.Error(text)
	}
	runtime.Goexit()
}

func stacks() []byte {
	b := make([]byte, 1<<20)
	return b[:runtime.Stack(b, true)]
}
