package proxytest

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// Origin is a scripted server that the proxy connects to.
type Origin struct {
	t     testing.TB
	p     *Proxy
	ln    *net.TCPListener
	name  string
	count int

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	done  bool
	wg    sync.WaitGroup
}

// Origin listens on a free port of 127.0.0.1.
func (p *Proxy) Origin() *Origin {
	p.t.Helper()
	return p.OriginAt("127.0.0.1:0")
}

// OriginAt listens on addr, such as "[::1]:0".
func (p *Proxy) OriginAt(addr string) *Origin {
	p.t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		p.t.Fatal(err)
	}
	o := &Origin{t: p.t, p: p, ln: ln.(*net.TCPListener), name: "origin", conns: make(map[net.Conn]struct{})}
	p.mu.Lock()
	if len(p.origins) > 0 {
		o.name = fmt.Sprintf("origin%d", len(p.origins)+1)
	}
	p.origins = append(p.origins, o)
	p.rename()
	p.mu.Unlock()
	p.t.Cleanup(o.close)
	return o
}

// Addr is host:port.
func (o *Origin) Addr() string { return o.ln.Addr().String() }

// Port is the port alone.
func (o *Origin) Port() int { return o.ln.Addr().(*net.TCPAddr).Port }

// Accept waits for the proxy's next connection.
func (o *Origin) Accept() *Conn {
	o.t.Helper()
	_ = o.ln.SetDeadline(time.Now().Add(Deadline))
	c, err := o.ln.Accept()
	if err != nil {
		o.t.Fatalf("%s: no connection came: %v", o.name, err)
	}
	o.keep(c)
	return newConn(o.t, o.p, o.nextName(), c)
}

func (o *Origin) nextName() string {
	o.count++
	if o.count == 1 {
		return o.name
	}
	return fmt.Sprintf("%s#%d", o.name, o.count)
}

// NotAsked fails the test if the proxy has connected. Call it when something
// has happened that would have followed a connection, such as the proxy's answer.
func (o *Origin) NotAsked() {
	o.t.Helper()
	_ = o.ln.SetDeadline(time.Now().Add(time.Millisecond))
	if c, err := o.ln.Accept(); err == nil {
		_ = c.Close()
		o.t.Fatalf("%s: the proxy connected, and should not have", o.name)
	}
}

// Answering is a script that gives the same answer to each request without a body, unlogged.
func Answering(response string) func(*Conn) {
	return func(c *Conn) {
		c.Quiet()
		for {
			if _, ok := c.NextHead(); !ok {
				return
			}
			c.Send(response)
		}
	}
}

// Serve runs script for each connection from now on, each in its own
// goroutine, until the test ends. A connection is closed when its script returns.
func (o *Origin) Serve(script func(*Conn)) {
	_ = o.ln.SetDeadline(time.Time{})
	o.wg.Add(1)
	go func() {
		defer o.wg.Done()
		for {
			c, err := o.ln.Accept()
			if err != nil {
				return
			}
			if !o.keep(c) {
				continue
			}
			conn := newConn(o.t, o.p, o.nextName(), c)
			conn.served = o
			o.wg.Add(1)
			go func() {
				defer o.wg.Done()
				defer o.drop(c)
				script(conn)
			}()
		}
	}()
}

// Close stops listening: later connections are refused. Open ones stay.
func (o *Origin) Close() { _ = o.ln.Close() }

func (o *Origin) keep(c net.Conn) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		_ = c.Close()
		return false
	}
	o.conns[c] = struct{}{}
	return true
}

func (o *Origin) drop(c net.Conn) {
	_ = c.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.conns, c)
}

func (o *Origin) close() {
	o.Close()
	o.mu.Lock()
	o.done = true
	for c := range o.conns {
		_ = c.Close()
	}
	o.mu.Unlock()
	o.wg.Wait()
}

// over reports whether the test has ended and connections were closed under their scripts.
func (o *Origin) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.done
}
