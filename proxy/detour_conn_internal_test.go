package proxy

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	wire "posthouse/proxy/http2"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/reason"
)

// calling is a relay whose client calls a method of gRPC that rules send to another origin.
type calling struct {
	*relayed
	client   *peer
	toClient <-chan string
	other    *peer
	toOther  <-chan string
}

func newCalling(t *testing.T) *calling {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	rule := "[[rule]]\nwhen='path:/x'\nsend={scheme='http',host='127.0.0.1',port=%d}"
	r, client, origin := openedWithRules(t, fmt.Sprintf(rule, ln.Addr().(*net.TCPAddr).Port))
	origin.frames()
	c := &calling{relayed: r, client: client, toClient: client.frames()}
	c.call(t, 1)
	_ = ln.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second))
	conn, err := ln.Accept()
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	preface := make([]byte, len(http2.ClientPreface))
	_, err = conn.Read(preface)
	must(t, err)
	c.other = newPeer(conn)
	c.toOther = c.other.frames()
	until(t, c.toOther, "HEADERS 1 POST/x")
	must(t, c.other.WriteSettings())
	return c
}

func (c *calling) call(t *testing.T, stream uint32) {
	c.client.head(t, stream, false, asked("POST", "/x", "content-type", "application/grpc")...)
}

// row is the one that has ended with a reason.
func (c *calling) row(t *testing.T, code flow.ReasonCode) flow.Row {
	t.Helper()
	var found flow.Row
	eventually.Holds(t, "a row with "+string(code), func() bool {
		for id := flow.ID(1); ; id++ {
			row, ok := c.srv.store.Row(id)
			if !ok || row.Phase.Final() && row.Reason.Code == code {
				found = row
				return ok
			}
		}
	})
	return found
}

// What comes of an answer beyond what is held of all bodies ends its stream, at both ends, and the row says so; other
// streams go on.
func TestDetourWhoseAnswerHasNoRoom(t *testing.T) {
	c := newCalling(t)
	c.other.head(t, 1, false, ":status", "200")
	until(t, c.toClient, "HEADERS 1 200")
	c.srv.streamBudget.held.Add(http2Bodies)
	must(t, c.other.WriteData(1, false, []byte("x")))
	until(t, c.toClient, "RST_STREAM 1 INTERNAL_ERROR")
	until(t, c.toOther, "RST_STREAM 1 ENHANCE_YOUR_CALM")
	c.srv.streamBudget.held.Add(-http2Bodies)
	if row := c.row(t, reason.RuleDetourFull); row.Failure != flow.FailureLimit {
		t.Errorf("%+v", row)
	}
	c.call(t, 3)
	until(t, c.toOther, "HEADERS 3 POST/x")
	c.close()
}

// A head beyond what is held of those that wait is refused.
func TestDetourWhoseRequestHasNoRoom(t *testing.T) {
	c := newCalling(t)
	h := c.conn.http2.Load()
	h.mu.Lock()
	h.up.lines.heads += http2HoldHeads
	h.mu.Unlock()
	c.call(t, 3)
	until(t, c.toClient, "RST_STREAM 3 REFUSED_STREAM")
	h.mu.Lock()
	h.up.lines.heads -= http2HoldHeads
	h.mu.Unlock()
	if row := c.row(t, reason.H2Many); row.Failure != flow.FailureLimit {
		t.Errorf("%+v", row)
	}
	c.close()
}

// unserved is a connection that nobody serves.
func unserved(t *testing.T) *http2Conn {
	srv := New(Config{}, capture.New(capture.Options{}), nil)
	client, ours := net.Pipe()
	t.Cleanup(func() { _, _ = client.Close(), ours.Close() })
	return newHTTP2Conn(newConn(srv, ours), &interception{plain: true}, nil, srv.config.Load().Limits.heads())
}

// An origin that asks for answers faster than they are written loses its connection.
func TestDetourAnswersAreBounded(t *testing.T) {
	for _, kind := range []wire.Type{wire.Ping, wire.Settings} {
		l := &detourConn{c: unserved(t), wake: make(chan struct{}, 1)}
		var err error
		asked := 0
		for ; err == nil && asked < 1000; asked++ {
			err = l.frame(wire.Header{Type: kind}, make([]byte, wire.HeaderSize+8))
		}
		if asked != detourAnswers+1 || err != errDetourFlood {
			t.Errorf("%v: %d, %v", kind, asked, err)
		}
	}
}

// A place that is known to speak HTTP/1.1 is one of so many.
func TestDetourPlacesAreBounded(t *testing.T) {
	c := unserved(t)
	for i := range 3 * detourPlainMost {
		l := &detourConn{c: c, key: detourKey{port: uint16(i)}, opened: make(chan struct{}), wake: make(chan struct{}, 1)}
		l.settle(false, nil)
		if n := len(c.own.detours.conns.plain); n > detourPlainMost {
			t.Fatal(n)
		}
	}
}

// A request's body goes no faster than the origin takes it, and goes on when that grants more, of the stream or in all.
func TestDetourSendsWithinWindows(t *testing.T) {
	c := newCalling(t)
	piece := []byte(strings.Repeat("x", 16<<10))
	for range 4 { // one byte more than the connection has
		must(t, c.client.WriteData(1, false, piece))
	}
	sent := 0
	for sent < wire.DefaultWindow {
		f := <-c.toOther
		var stream, n int
		if _, err := fmt.Sscanf(f, "DATA %d %d", &stream, &n); err == nil {
			sent += n
		}
	}
	if sent != wire.DefaultWindow {
		t.Error(sent)
	}
	must(t, c.other.WritePing(false, [8]byte{1}))
	for f := ""; f != "PING"; {
		if f = <-c.toOther; f == "" || strings.HasPrefix(f, "DATA") {
			t.Fatal(f)
		}
	}
	must(t, c.other.WriteWindowUpdate(1, 10))
	must(t, c.other.WriteWindowUpdate(0, 10))
	until(t, c.toOther, "DATA 1 1")
	must(t, c.client.WriteData(1, true, nil))
	until(t, c.toOther, "DATA 1 0 END")
	c.close()
}

// What comes is read while nothing can be written, whatever it is: else an origin that writes before it reads on would
// wait for Posthouse, and Posthouse for it.
func TestDetourReadsWhileItCannotWrite(t *testing.T) {
	c := newCalling(t)
	h := c.conn.http2.Load()
	h.mu.Lock()
	l := h.own.detours.conns.all[0]
	h.mu.Unlock()
	l.peer.mu.Lock()
	must(t, c.other.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1}))
	must(t, c.other.WritePing(false, [8]byte{2}))
	must(t, c.other.WriteWindowUpdate(0, 1))
	c.other.head(t, 1, false, ":status", "200")
	for range 20 {
		must(t, c.other.WriteData(1, false, make([]byte, 10_000)))
	}
	until(t, c.toClient, "HEADERS 1 200")
	for range 6 { // as its window lets it
		until(t, c.toClient, "DATA 1 10000")
	}
	l.peer.mu.Unlock()
	until(t, c.toOther, "PING")
	must(t, c.client.WriteRSTStream(1, http2.ErrCodeCancel))
	until(t, c.toOther, "RST_STREAM 1 CANCEL")
	c.close()
}

// lone is a stream of a connection that nobody serves, which speaks HTTP/2.
func lone(t *testing.T) detourSending {
	c := unserved(t)
	l := &detourConn{c: c, wake: make(chan struct{}, 1), streams: map[uint32]*detour{}, untaken: map[uint32]*detour{}, most: 1,
		http2: true, known: true}
	d := &detour{c: c, x: new(http2Exchange), down: &http2Body{c: c, wake: make(chan struct{}, 1)}}
	d.on = l
	return detourSending{d, l}
}

// When the engine has left its end, no stream is opened there any more, although who reads has not seen that yet.
func TestDetourIsNotAskedWhereTheEngineHasLeft(t *testing.T) {
	d := lone(t)
	d.to.left()
	if d.ask() {
		t.Error("it was asked")
	}
}

// What still comes for a stream that has ended is no word to the one that has its memory now.
func TestDetourThatIsOverTouchesNoOther(t *testing.T) {
	d := lone(t)
	d.x.config = new(Config)
	d.x.config.Timeouts.ClientIdle = time.Minute
	d.x.originEnded, d.over = true, true
	if d.took(1); d.x.until != 0 {
		t.Error("another stream has a time")
	}
	d.over = false
	if d.took(1); d.x.until == 0 {
		t.Error("a stream has no time for its client to take the rest")
	}
}

// detourOn is a stream with a body on a connection of HTTP/2 whose end of the pipe nobody serves.
func detourOn(t *testing.T) detourSending {
	t.Helper()
	d, pipe, _ := detouring(t)
	l := &detourConn{c: d.c, pipe: pipe, wake: make(chan struct{}, 1), most: 2, known: true, http2: true,
		streams: make(map[uint32]*detour), untaken: make(map[uint32]*detour)}
	l.peer.init(pipe.far)
	d.up = d.body(&d.c.up)
	d.on = l
	return detourSending{d, l}
}

// Nothing is asked of a connection that has ended, although what it said last is not read, and what it has not taken may
// be asked again.
func TestDetourAsksNothingOfWhatHasEnded(t *testing.T) {
	d := detourOn(t)
	c, l := d.c, d.to
	c.mu.Lock()
	d.number, l.open = 1, 1
	l.streams[1], l.untaken[1] = d.detour, d.detour
	c.mu.Unlock()
	l.left()
	next := &detour{c: c, x: d.x, down: d.down, begun: d.begun}
	if (detourSending{next, l}).ask() {
		t.Error("it was asked")
	}
	c.client.mu.Lock() // so that its line is there still
	l.finish(nil)
	c.mu.Lock()
	if line := d.x.down; line == nil || !line.reset || line.code != wire.RefusedStream {
		t.Errorf("%+v", line)
	}
	c.mu.Unlock()
	c.client.mu.Unlock()
}

// The room of a piece that is not sent, since its stream has ended meanwhile, is the other streams'.
func TestDetourGivesBackWhatItDoesNotSend(t *testing.T) {
	d := detourOn(t)
	c, l := d.c, d.to
	c.mu.Lock()
	d.number, d.window = 1, 1000
	l.streams[1] = d.detour
	whole := l.peer.window
	c.mu.Unlock()
	l.peer.mu.Lock() // another stream is being written
	sent := make(chan error)
	go func() { sent <- d.sendData(make([]byte, 100), false) }()
	eventually.Holds(t, "it has its room", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return l.peer.window == whole-100
	})
	c.mu.Lock()
	delete(l.streams, 1)
	c.mu.Unlock()
	l.peer.mu.Unlock()
	if err := <-sent; err != errBodyGone {
		t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.peer.window != whole {
		t.Errorf("%d of %d", l.peer.window, whole)
	}
}
