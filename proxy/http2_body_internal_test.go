package proxy

import (
	"net"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/http1"
)

// Of a stream that is gone nothing is read: it may be another connection's by now.
func TestBodyOfAStreamThatIsGone(t *testing.T) {
	d, _, _ := detouring(t)
	d.down.gone, d.down.x = true, nil
	if err := (bodyOut{d.down}).end(); err != errBodyGone {
		t.Error(err)
	}
}

// The line of a body that could not be decoded stays until its stream is answered: else the stream
// would be taken for one that ended well, and its client would wait for its end for ever.
func TestLineOfABodyThatFailsStays(t *testing.T) {
	srv := New(Config{}, capture.New(capture.Options{}), nil)
	client, ours := net.Pipe()
	defer func() { _ = client.Close() }()
	c := newHTTP2Conn(newConn(srv, ours), &interception{plain: true}, nil, http1.Limits{})
	x := &http2Exchange{stream: 1, clientEnded: true, originEnded: true}
	x.config = srv.config.Load()
	body := &http2Body{c: c, p: &c.down, x: x, stream: 1, wake: make(chan struct{}, 1)}
	body.begun, body.headed, body.ended, body.done, body.undecoded = true, true, true, true, true
	x.down = &http2Line{body: body}
	c.streams[1] = x
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down.lines.moveOne(x) || x.down == nil || c.streams[1] != x {
		t.Error("the stream has ended")
	}
}

// A body is waited for by its reader's time where there is no room for it, be that in all, and not while it rests.
func TestBodyWhoseReaderIsWaitedFor(t *testing.T) {
	srv := New(Config{}, capture.New(capture.Options{}), nil)
	client, ours := net.Pipe()
	defer func() { _ = client.Close() }()
	c := newHTTP2Conn(newConn(srv, ours), &interception{plain: true}, nil, http1.Limits{})
	x := &http2Exchange{stream: 1, streamWindows: streamWindows{clientWindow: 1000}}
	x.config, x.told = srv.config.Load(), toldHead
	b := &http2Body{c: c, p: &c.down, x: x, stream: 1, wake: make(chan struct{}, 1)}
	b.begun, b.whole, b.hurried = true, 1, true
	x.down = &http2Line{body: b}
	if x.expect(); x.until != 0 {
		t.Error("its reader is waited for")
	}
	c.client.window = 0
	if x.expect(); x.until == 0 {
		t.Error("its reader is not waited for")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := (bodyIn{b}).restUntil(time.Now().Add(time.Hour)); err != nil || x.until != 0 {
		t.Errorf("%v, until %v", err, x.until)
	}
}
