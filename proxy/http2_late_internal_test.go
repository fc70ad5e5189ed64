package proxy

import (
	"io"
	"net"
	"testing"

	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// A connection that was told to leave, and whose last stream ends while its origin comes, ends: one wake stands
// for both.
func TestALateOriginOfAConnectionThatLeaves(t *testing.T) {
	c := unserved(t)
	near, far := net.Pipe()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, far)
	}()
	l := &http2Late{c: c, ready: true, came: &lateOrigin{Result: upstream.Result{Conn: &upstream.Conn{Conn: socket.New(near)}}}}
	c.own.origin, c.leaving = l, true
	c.mu.Lock()
	c.endIfDone()
	c.mu.Unlock()
	if !l.joins() {
		t.Fatal("it was not joined")
	}
	filled := make(chan error, 1)
	go func() { filled <- c.client.sock.Fill() }()
	eventually.Holds(t, "who reads the client is woken", func() bool { return len(filled) == 1 })
	if err := <-filled; !socket.IsInterrupt(err) {
		t.Error(err)
	}
	_ = c.client.sock.Close()
	_ = far.Close()
	<-drained
	c.ended.Wait()
}
