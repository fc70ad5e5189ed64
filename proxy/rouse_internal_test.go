package proxy

import (
	"io"
	"net"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// dialled is a connection of ours over the loopback interface, and its peer.
func dialled(t *testing.T, ln net.Listener) (*socket.Conn, *net.TCPConn) {
	t.Helper()
	ours, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	_ = ours.SetDeadline(time.Now().Add(time.Minute))
	return socket.New(ours), theirs.(*net.TCPConn)
}

// An origin that ends its sending side just before it is asked, and says nothing more, does not keep the
// client waiting: the sweeper has the exchange hear of it.
func TestSweeperTellsOfAnEndBeforeTheQuestion(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	client, _ := dialled(t, ln)
	origin, peer := dialled(t, ln)
	one := &conn{socket: client, srv: New(Config{}, nil, nil)}
	one.watch.hold(&upstream.Conn{Conn: origin})
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	eventually.Holds(t, "the end has come", func() bool { return origin.Look().Readable })
	other, behind := dialled(t, ln)
	go func() { _, _ = io.WriteString(behind, "!") }()
	if err := other.Fill(); err != nil { // so the scheduler knows of what came before
		t.Fatal(err)
	}
	asked, filled := make(chan struct{}), make(chan error, 1)
	one.watch.silentSince.Store(clock())
	go func() {
		origin.Ask([]byte("?"), func(error) { close(asked) })
		filled <- origin.Fill()
	}()
	<-asked
	eventually.Holds(t, "Fill ends", func() bool { one.sweep(clock()); return len(filled) == 1 })
	if err := <-filled; err != io.EOF {
		t.Error(err)
	}
}
