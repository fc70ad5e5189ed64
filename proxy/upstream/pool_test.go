package upstream

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

// fake is a connection without a socket: looking at it never finds anything.
type fake struct {
	net.Conn
	mu     sync.Mutex
	closed bool
}

func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

func (f *fake) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func (f *fake) RemoteAddr() net.Addr { return &net.TCPAddr{} }

func fakeConn(key string) (*Conn, *fake) {
	f := new(fake)
	c := newConn(f)
	c.leads = Key{Host: key}
	return c, f
}

func want(key string) *Want { return &Want{Host: []byte(key)} }

// real is a connection over the loopback interface, and its peer.
func real(t testing.TB, key string) (*Conn, *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	own, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = own.Close(), peer.Close() })
	c := newConn(own)
	c.leads = Key{Host: key}
	return c, peer.(*net.TCPConn)
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestPoolLendsTheNewestFirst(t *testing.T) {
	var p Pool
	a, _ := fakeConn("h:80")
	b, _ := fakeConn("h:80")
	other, _ := fakeConn("i:80")
	for i, c := range []*Conn{a, b, other} {
		p.Put(c, 1, noon.Add(time.Duration(i)*time.Second))
	}
	if got := p.Get(want("h:80"), 1, true); got != b {
		t.Error("not the newest")
	}
	if p.Get(want("h:80"), 1, true) != a || p.Get(want("h:80"), 1, true) != nil || p.Get(want("j:80"), 1, true) != nil || p.Len() != 1 {
		t.Error("not what was put")
	}
	if p.Get(want("i:80"), 1, true) != other || p.Len() != 0 {
		t.Error("another host's")
	}
}

// What a client used last is lent to it first, and with others false nothing else.
func TestPoolKnowsWhoUsedAConnection(t *testing.T) {
	var p Pool
	a, _ := fakeConn("h:80")
	b, _ := fakeConn("h:80")
	p.Put(a, 7, noon)
	p.Put(b, 8, noon)
	if p.Get(want("h:80"), 9, false) != nil || p.Get(want("h:80"), 7, true) != a {
		t.Error("not its own")
	}
	p.Put(a, 8, noon)
	if p.Get(want("h:80"), 7, false) != nil || p.Get(want("h:80"), 8, false) != a || p.Get(want("h:80"), 7, true) != b {
		t.Error("the last user is not known")
	}
	if p.Len() != 0 {
		t.Errorf("%d are left", p.Len())
	}
}

func TestPoolTakesNothingWithoutAKey(t *testing.T) {
	var p Pool
	c, f := fakeConn("")
	p.Put(c, 1, noon)
	if p.Len() != 0 || !f.isClosed() {
		t.Error("kept")
	}
}

// TestPoolBoundPerHost overfills one host.
func TestPoolBoundPerHost(t *testing.T) {
	p := Pool{MaxIdleHost: 3}
	var all []*fake
	for i := range 10 {
		c, f := fakeConn("h:80")
		p.Put(c, 1, noon.Add(time.Duration(i)))
		all = append(all, f)
	}
	other, _ := fakeConn("i:80")
	p.Put(other, 1, noon)
	if p.Len() != 4 {
		t.Errorf("%d are kept", p.Len())
	}
	for i, f := range all {
		if f.isClosed() != (i < 7) {
			t.Errorf("connection %d: closed %v", i, f.isClosed())
		}
	}
}

// TestPoolBoundInAll overfills the pool with thousands of hosts.
func TestPoolBoundInAll(t *testing.T) {
	const hosts, limit = 5000, 100
	p := Pool{MaxIdle: limit}
	var all []*fake
	for i := range hosts {
		c, f := fakeConn(fmt.Sprintf("h%d:80", i))
		p.Put(c, 1, noon.Add(time.Duration(i)))
		all = append(all, f)
	}
	if p.Len() != limit {
		t.Errorf("%d are kept", p.Len())
	}
	if len(p.hosts) > limit+maxEmptyHosts+1 {
		t.Errorf("%d hosts are remembered", len(p.hosts))
	}
	for i, f := range all {
		if f.isClosed() != (i < hosts-limit) {
			t.Fatalf("connection %d: closed %v", i, f.isClosed())
		}
	}
	p.Reap(noon)
	if len(p.hosts) != limit {
		t.Errorf("%d hosts are remembered after Reap", len(p.hosts))
	}
}

func TestPoolForgetsIdleConnections(t *testing.T) {
	p := Pool{IdleTimeout: 10 * time.Second}
	old, oldFake := fakeConn("h:80")
	young, youngFake := fakeConn("h:80")
	p.Put(old, 1, noon)
	p.Put(young, 1, noon.Add(5*time.Second))
	p.Reap(noon.Add(10 * time.Second))
	if p.Len() != 2 {
		t.Error("reaped too early")
	}
	p.Reap(noon.Add(12 * time.Second))
	if p.Len() != 1 || !oldFake.isClosed() || youngFake.isClosed() {
		t.Error("not the old one alone")
	}
	p.Reap(noon.Add(time.Hour))
	if p.Len() != 0 || !youngFake.isClosed() || len(p.hosts) != 0 {
		t.Error("something is left")
	}
}

// TestPoolLendsNothingThatSpoke holds RFC 9112 section 9.2: bytes that were not asked for are no answer.
func TestPoolLendsNothingThatSpoke(t *testing.T) {
	for name, act := range map[string]func(*net.TCPConn){
		"bytes":   func(peer *net.TCPConn) { _, _ = peer.Write([]byte("HTTP/1.1 408 Late\r\n\r\n")) },
		"an end":  func(peer *net.TCPConn) { _ = peer.CloseWrite() },
		"a reset": func(peer *net.TCPConn) { _ = peer.SetLinger(0); _ = peer.Close() },
	} {
		for _, way := range []string{"Get", "Reap"} {
			t.Run(name+", "+way, func(t *testing.T) {
				var p Pool
				quiet, _ := real(t, "h:80")
				spoke, peer := real(t, "h:80")
				p.Put(quiet, 1, noon)
				p.Put(spoke, 1, noon)
				act(peer)
				eventually.Holds(t, "what the origin sent arrives", func() bool { return spoke.Look().Readable })
				if way == "Reap" {
					if p.Reap(noon); p.Len() != 1 {
						t.Errorf("%d are left", p.Len())
					}
				}
				if p.Get(want("h:80"), 1, true) != quiet || p.Get(want("h:80"), 1, true) != nil {
					t.Error("not the quiet one alone")
				}
				if !spoke.Look().Broken {
					t.Error("the one that spoke is open")
				}
			})
		}
	}
}

func TestPoolTakesNothingWithUnreadBytes(t *testing.T) {
	var p Pool
	c, peer := real(t, "h:80")
	if _, err := peer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	p.Put(c, 1, noon)
	if p.Len() != 0 || !c.Look().Broken {
		t.Error("kept, or open")
	}
}

func TestPoolTakesTheBufferBack(t *testing.T) {
	var p Pool
	c, peer := real(t, "h:80")
	if _, err := peer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	c.Discard(1)
	p.Put(c, 1, noon)
	if c.Buffered() != nil {
		t.Error("an idle connection holds a buffer")
	}
}

func TestClosedPoolKeepsNothing(t *testing.T) {
	var p Pool
	a, fa := fakeConn("h:80")
	b, fb := fakeConn("h:80")
	p.Put(a, 1, noon)
	p.CloseIdle()
	if p.Len() != 0 || !fa.isClosed() || p.Get(want("h:80"), 1, true) != nil {
		t.Error("CloseIdle left something")
	}
	p.Put(b, 1, noon)
	if p.Len() != 1 {
		t.Error("the pool does not go on after CloseIdle")
	}
	p.Close()
	c, fc := fakeConn("h:80")
	p.Put(c, 1, noon)
	if p.Len() != 0 || !fb.isClosed() || !fc.isClosed() {
		t.Error("Close left something")
	}
}

// TestPoolUnderContention has many borrowers: no connection has two of them, and none is lost.
func TestPoolUnderContention(t *testing.T) {
	p := Pool{MaxIdle: 20, MaxIdleHost: 5}
	var mu sync.Mutex
	lent := make(map[*Conn]bool)
	var made []*fake
	var wg sync.WaitGroup
	for w := range 8 {
		random := rand.New(rand.NewPCG(uint64(w), 1))
		wg.Go(func() {
			for i := range 2000 {
				key := fmt.Sprintf("h%d:80", random.IntN(10))
				c := p.Get(want(key), 1, true)
				mu.Lock()
				if c == nil {
					var f *fake
					c, f = fakeConn(key)
					made = append(made, f)
				}
				if lent[c] {
					t.Error("lent twice")
				}
				lent[c] = true
				mu.Unlock()
				if i%100 == 0 {
					p.Reap(noon)
				}
				mu.Lock()
				lent[c] = false
				mu.Unlock()
				p.Put(c, 1, noon)
			}
		})
	}
	wg.Wait()
	open := 0
	for _, f := range made {
		if !f.isClosed() {
			open++
		}
	}
	if open != p.Len() || open > 20 {
		t.Errorf("%d connections are open, the pool has %d", open, p.Len())
	}
	p.Close()
	for _, f := range made {
		if !f.isClosed() {
			t.Fatal("a connection is left open")
		}
	}
}

func TestPoolAllocatesNothing(t *testing.T) {
	var p Pool
	c, _ := real(t, "h:80")
	p.Put(c, 1, noon)
	key := want("h:80")
	allocs := testing.AllocsPerRun(500, func() {
		got := p.Get(key, 1, true)
		if got != c {
			t.Fatal("not lent")
		}
		p.Put(got, 1, noon)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkPool(b *testing.B) {
	var p Pool
	c, _ := real(b, "h:80")
	p.Put(c, 1, noon)
	key := want("h:80")
	b.ReportAllocs()
	for b.Loop() {
		p.Put(p.Get(key, 1, true), 1, noon)
	}
}
