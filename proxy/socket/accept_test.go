package socket

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

const takesOver = runtime.GOOS == "linux" && !raceEnabled

// listen is a listener that was taken over.
func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	if _, same := ln.(*net.TCPListener); same == takesOver {
		t.Fatalf("taken over: %v, want %v", !same, takesOver)
	}
	return ln
}

// acceptedPair is a connection that was accepted, and its client.
func acceptedPair(t *testing.T, ln net.Listener, first string) (c *Conn, peer *net.TCPConn) {
	t.Helper()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	write(t, conn, first)
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c = New(accepted)
	t.Cleanup(func() { _ = c.Close() })
	if first != "" {
		eventually.Holds(t, "it has come", func() bool { return c.Look().Readable })
	}
	return c, conn.(*net.TCPConn)
}

// What has come with a connection is read, answered and ended without a wait, and what comes later is waited for.
func TestAcceptedConnectionsAreReadAndWritten(t *testing.T) {
	ln := listen(t)
	for _, first := range []string{"", "ping"} {
		c, peer := acceptedPair(t, ln, first)
		if from := AddrPort(peer.LocalAddr()); c.AddrPort() != from || AddrPort(c.RemoteAddr()) != from {
			t.Errorf("from %v and %v, want %v", c.AddrPort(), c.RemoteAddr(), from)
		}
		if own := AddrPort(c.LocalAddr()); own != AddrPort(peer.RemoteAddr()) {
			t.Errorf("at %v, want %v", own, peer.RemoteAddr())
		}
		if first == "" {
			go func() { _, _ = io.WriteString(peer, "ping") }()
		}
		for range 3 {
			if got := readAll(t, c, 4); got != "ping" {
				t.Fatalf("%q", got)
			}
			write(t, c, "pong")
			if _, err := io.ReadFull(peer, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.WriteString(peer, "ping") }()
		}
		readAll(t, c, 4)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed twice: %v", err)
		}
		if err := c.Fill(); err == nil || err == io.EOF {
			t.Errorf("read when closed: %v", err)
		}
		if n, err := peer.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}

// More than a socket takes at once goes both ways.
func TestAcceptedConnectionsCarryMuch(t *testing.T) {
	c, peer := acceptedPair(t, listen(t), "")
	body := make([]byte, 8<<20)
	_, _ = rand.Read(body)
	done := make(chan error, 1)
	go func() {
		got := make([]byte, len(body))
		_, err := io.ReadFull(peer, got)
		if err == nil && !bytes.Equal(got, body) {
			err = errors.New("altered")
		}
		if err == nil {
			_, err = peer.Write(body)
		}
		done <- errors.Join(err, peer.CloseWrite())
	}()
	write(t, c, string(body))
	var got []byte
	for {
		if err := c.Fill(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Buffered()...)
		c.Discard(len(c.Buffered()))
	}
	if err := <-done; err != nil || !bytes.Equal(got, body) {
		t.Errorf("%v; %d bytes came back", err, len(got))
	}
}

// Interrupts hold whether or not the connection has waited, before and while it does.
func TestAcceptedConnectionsAreInterrupted(t *testing.T) {
	for _, waits := range []bool{false, true} {
		c, peer := acceptedPair(t, listen(t), "x")
		if waits {
			readAll(t, c, 1)
			filled := make(chan error, 1)
			go func() { filled <- c.Fill() }()
			eventually.Holds(t, "the wait is interrupted", func() bool { c.Interrupt(); return len(filled) == 1 })
			if err := <-filled; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the wait ended with %v", err)
			}
			write(t, peer, "x")
		}
		c.Interrupt()
		if err := c.Fill(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read with %v", err)
		}
		if _, err := c.Write([]byte("y")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("written with %v", err)
		}
		c.Resume()
		if got := readAll(t, c, 1); got != "x" {
			t.Errorf("%q", got)
		}
		write(t, c, "y")
	}
}

// A deadline that is set before the connection has waited holds when it does.
func TestAcceptedConnectionsHaveDeadlines(t *testing.T) {
	ln := listen(t)
	c, _ := acceptedPair(t, ln, "")
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := c.Fill(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read with %v", err)
	}
	c, peer := acceptedPair(t, ln, "")
	if err := errors.Join(c.SetReadDeadline(past), c.SetReadDeadline(time.Time{})); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(peer, "x") }()
	readAll(t, c, 1)
}

// Ends, half ends and resets are seen by either side.
func TestAcceptedConnectionsEnd(t *testing.T) {
	ln := listen(t)
	c, peer := acceptedPair(t, ln, "x")
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	eventually.Holds(t, "the end is there", func() bool { return c.Look().Ended })
	readAll(t, c, 1)
	if err := c.Fill(); err != io.EOF {
		t.Errorf("read with %v", err)
	}
	write(t, c, "y")
	if err := c.CloseWrite(); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(peer); err != nil || string(got) != "y" {
		t.Errorf("%q, %v", got, err)
	}
	c, peer = acceptedPair(t, ln, "x")
	c.KeepAlive()
	if err := c.Abort(); err != nil {
		t.Error(err)
	}
	if _, err := peer.Read(make([]byte, 1)); !IsReset(err) {
		t.Errorf("after an abort: %v", err)
	}
	if look := c.Look(); !look.Broken {
		t.Errorf("%+v of a closed connection", look)
	}
}

// Who looks, interrupts and closes beside the reader harms nothing, and nobody else's descriptor.
func TestAcceptedConnectionsAreLookedAtBesideTheirOwner(t *testing.T) {
	ln := listen(t)
	for range 50 {
		c, peer := acceptedPair(t, ln, "x")
		var others sync.WaitGroup
		for range 2 {
			others.Go(func() {
				for range 20 {
					c.Look()
					c.Interrupt()
					c.Resume()
				}
			})
		}
		others.Go(func() { _ = peer.Close() })
		for c.Fill() != io.EOF {
			c.Discard(len(c.Buffered()))
		}
		_ = c.Close()
		others.Wait()
	}
}

// A listener that is closed ends the wait for a connection, and no one can connect.
func TestATakenListenerIsClosed(t *testing.T) {
	ln := listen(t)
	ended := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		ended <- err
	}()
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); !IsRefused(err) {
		t.Errorf("connected: %v", err)
	}
}

// What other computers reach, and what is no TCP, is left to package net.
func TestOtherListenersAreLeft(t *testing.T) {
	wide, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = wide.Close() }()
	local, err := net.Listen("unix", t.TempDir()+"/socket")
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = local.Close() }()
	for _, ln := range []net.Listener{wide, local} {
		if takeOver(ln) != ln {
			t.Errorf("%v was taken over", ln.Addr())
		}
	}
}

// IPv6 addresses are told as they are.
func TestAcceptedConnectionsOfIPv6(t *testing.T) {
	ln, err := Listen(t.Context(), "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	defer func() { _ = ln.Close() }()
	c, peer := acceptedPair(t, ln, "x")
	if from := AddrPort(peer.LocalAddr()); c.AddrPort() != from || c.AddrPort().Addr() != netip.IPv6Loopback() {
		t.Errorf("from %v, want %v", c.AddrPort(), from)
	}
}
