package proxy

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// detouring is a stream on its way elsewhere, whose client takes what it is sent.
func detouring(t *testing.T) (*detour, *detourPipe, net.Conn) {
	t.Helper()
	srv := New(Config{}, capture.New(capture.Options{}), nil)
	client, ours := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, client) }()
	c := newHTTP2Conn(newConn(srv, ours), &interception{plain: true}, nil, srv.config.Load().Limits.heads())
	c.client.waits = false
	x := &http2Exchange{stream: 1, own: true, finished: true, clientEnded: true}
	x.config = srv.config.Load()
	d := &detour{c: c, x: x, stream: 1, fields: []hpack.HeaderField{{Name: ":method", Value: "GET"}, {Name: ":path", Value: "/"}}}
	x.detour = d
	head := []byte("GET / HTTP/1.1\r\n\r\n")
	d.begun = &exchange{rec: srv.store.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: head, Scheme: "http"})}
	d.down = d.body(&c.down)
	d.down.ended, d.down.headed = true, true
	c.mu.Lock()
	c.add(x)
	c.mu.Unlock()
	near, far := net.Pipe()
	pipe := &detourPipe{inner: &conn{srv: srv, socket: socket.New(near)}, far: socket.New(far)}
	t.Cleanup(func() {
		c.ended.Wait()
		_, _, _ = client.Close(), near.Close(), far.Close()
	})
	return d, pipe, near
}

// A stream that ends before its pipe is there asks nothing.
func TestDetourThatEndedAsksNothing(t *testing.T) {
	d, pipe, near := detouring(t)
	c, id := d.c, d.begun.rec.ID()
	asked := make(chan int, 1)
	go func() {
		n, _ := near.Read(make([]byte, 1024))
		asked <- n
	}()
	c.mu.Lock()
	c.own.detours.idle = append(c.own.detours.idle, pipe)
	c.remove(d.x)
	c.mu.Unlock()
	if _, err := d.open([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")); err == nil {
		t.Error("it goes on")
	}
	_ = pipe.far.Close()
	if <-asked != 0 {
		t.Error("it was asked")
	}
	row, _ := c.srv.store.Row(id)
	if row.Failure != flow.FailureClientGone || row.Reason.Code != reason.StreamLeft {
		t.Errorf("%+v", row)
	}
}

// An answer for whose head there is no room ends its stream.
func TestDetourWhoseHeadHasNoRoom(t *testing.T) {
	d, pipe, near := detouring(t)
	c := d.c
	c.mu.Lock()
	c.down.lines.heads = http2HoldHeads
	c.mu.Unlock()
	go func() { _, _ = io.WriteString(near, "HTTP/1.1 204 No Content\r\n\r\n") }()
	if d.answer(pipe) {
		t.Error("the pipe is used again")
	}
	c.ended.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down.lines.heads = 0; len(c.streams) != 0 {
		t.Error("the stream is open still")
	}
}
