package socket

import (
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

func TestLook(t *testing.T) {
	finSeen := runtime.GOOS == "linux" // elsewhere a FIN looks like bytes
	for _, c := range []struct {
		name string
		do   func(own *Conn, peer *net.TCPConn)
		want Look
	}{
		{"idle", func(*Conn, *net.TCPConn) {}, Look{}},
		{"bytes", func(_ *Conn, peer *net.TCPConn) { write(t, peer, "x") }, Look{Readable: true}},
		{"an end", func(_ *Conn, peer *net.TCPConn) { _ = peer.CloseWrite() }, Look{Readable: true, Ended: finSeen}},
		{"bytes and an end", func(_ *Conn, peer *net.TCPConn) {
			write(t, peer, "x")
			_ = peer.CloseWrite()
		}, Look{Readable: true, Ended: finSeen}},
		{"a reset", func(_ *Conn, peer *net.TCPConn) {
			_ = peer.SetLinger(0)
			_ = peer.Close()
		}, Look{Readable: true, Ended: true, Broken: true}},
		{"our own close", func(own *Conn, _ *net.TCPConn) { _ = own.Close() }, Look{Readable: true, Ended: true, Broken: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			own, peer := pair(t)
			c.do(own, peer)
			eventually.Holds(t, c.name, func() bool { return own.Look() == c.want })
			if c.name == "bytes" {
				if got := readAll(t, own, 1); got != "x" || own.Look() != (Look{}) {
					t.Error("looking took the bytes, or they are seen still")
				}
			}
		})
	}
}

// TestLookBesideReader: the sweeper looks while the owner reads, looks and closes.
func TestLookBesideReader(t *testing.T) {
	own, peer := pair(t)
	var looking sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		looking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					own.Look()
					own.PeerGone()
				}
			}
		})
	}
	for range 200 {
		write(t, peer, "x")
		readAll(t, own, 1)
		own.Release()
	}
	_ = own.Close()
	close(stop)
	looking.Wait()
}

func TestPeerGone(t *testing.T) {
	type answer struct{ gone, known bool }
	ask := func(c *Conn) answer {
		gone, known := c.PeerGone()
		return answer{gone, known}
	}
	here, left := answer{false, true}, answer{true, true}
	if runtime.GOOS != "linux" {
		here, left = answer{}, answer{}
	}
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(addr, func(t *testing.T) {
			own, peer := pairOn(t, addr)
			if got := ask(own); got != here {
				t.Errorf("open: %+v", got)
			}
			_ = peer.CloseWrite()
			eventually.Holds(t, "the end arrives", func() bool { return own.Look().Readable })
			if got := ask(own); got != here {
				t.Errorf("half closed: %+v", got)
			}
			_ = peer.Close()
			eventually.Holds(t, "the peer is known to be gone", func() bool { return ask(own) == left })
		})
		t.Run("an immediate close, "+addr, func(t *testing.T) {
			own, peer := pairOn(t, addr)
			write(t, peer, "request")
			_ = peer.Close()
			eventually.Holds(t, "the peer is known to be gone", func() bool { return ask(own) == left })
		})
		t.Run("a reset, "+addr, func(t *testing.T) {
			own, peer := pairOn(t, addr)
			_ = peer.SetLinger(0)
			_ = peer.Close()
			eventually.Holds(t, "the reset arrives", func() bool { return own.Look().Broken })
			if got := ask(own); got.known && !got.gone {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestPeerGoneOnBothFamilies: an IPv4 client of a listener for both families.
func TestPeerGoneOnBothFamilies(t *testing.T) {
	ln, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	own, peer := pairFrom(t, ln, net.JoinHostPort("127.0.0.1", port))
	if gone, known := own.PeerGone(); gone || known != (runtime.GOOS == "linux") {
		t.Errorf("open: %v %v", gone, known)
	}
	_ = peer.Close()
	eventually.Holds(t, "the peer is known to be gone", func() bool {
		gone, known := own.PeerGone()
		return gone || !known
	})
}

func TestErrorsAreToldApart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	_, err = net.DialTimeout("tcp", addr, time.Second)
	if !IsRefused(err) || IsReset(err) || IsExhausted(err) {
		t.Errorf("refused: %v", err)
	}
	w := &writeError{err}
	if !strings.HasPrefix(w.Error(), "write: ") || !IsRefused(w) || !w.Is(ErrWrite) {
		t.Errorf("%v", w)
	}
}
