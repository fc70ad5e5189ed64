package proxytest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
)

// Deadline is how long one step may take. It is generous: a test that passes never waits for it.
const Deadline = 10 * time.Second

// Options says how the proxy of a test behaves. The zero value is the proxy's defaults.
type Options struct {
	Config  proxy.Config
	Capture capture.Options
	Store   *capture.Store // nil: a new one, made with Capture
	Listen  string         // nil: "127.0.0.1:0"
	Guarded bool           // ServeGuarded
	Log     *slog.Logger
}

// Proxy is a running proxy.Server and who talks through it.
type Proxy struct {
	Server *proxy.Server
	Store  *capture.Store

	t     testing.TB
	ln    net.Listener
	serve chan error

	mu       sync.Mutex
	names    *strings.Replacer
	origins  []*Origin
	shutdown bool
}

// Start runs a proxy with the default options on a free port.
func Start(t testing.TB) *Proxy { return StartWith(t, Options{}) }

// StartWith runs a proxy on a free port; it is shut down when the test ends.
func StartWith(t testing.TB, o Options) *Proxy {
	t.Helper()
	if o.Store == nil {
		o.Store = capture.New(o.Capture)
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	ln, err := proxy.Listen(t.Context(), o.Listen)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		Server: proxy.New(o.Config, o.Store, o.Log),
		Store:  o.Store,
		t:      t,
		ln:     ln,
		serve:  make(chan error, 1),
	}
	p.rename()
	serve := p.Server.Serve
	if o.Guarded {
		serve = p.Server.ServeGuarded
	}
	go func() { p.serve <- serve(ln) }()
	t.Cleanup(p.stop)
	return p
}

// Addr is the proxy's address, host:port.
func (p *Proxy) Addr() string { return p.ln.Addr().String() }

// Shutdown ends the proxy now, waiting for exchanges for at most drain, and
// returns what Server.Shutdown returned.
func (p *Proxy) Shutdown(drain time.Duration) error {
	p.mu.Lock()
	p.shutdown = true
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.Server.Shutdown(ctx) }()
	var err error
	select {
	case err = <-ended:
	case <-time.After(drain + Deadline):
		p.t.Errorf("Shutdown has not returned %v after its context ended\n%s", Deadline, stacks())
		return context.DeadlineExceeded
	}
	select {
	case serveErr := <-p.serve:
		if !errors.Is(serveErr, proxy.ErrServerClosed) {
			p.t.Errorf("Serve returned %v after Shutdown", serveErr)
		}
	case <-time.After(Deadline):
		p.t.Errorf("Serve has not returned after Shutdown")
	}
	return err
}

func (p *Proxy) stop() {
	p.mu.Lock()
	done := p.shutdown
	p.mu.Unlock()
	if !done {
		_ = p.Shutdown(0) // whatever is left is cut: the conversation is over
	}
}

// Client connects to the proxy.
func (p *Proxy) Client() *Conn {
	p.t.Helper()
	return p.dial("client", p.Addr())
}

// ClientFrom connects to the proxy from an address of this machine, such as
// 127.0.0.7, which plays another device.
func (p *Proxy) ClientFrom(addr string) *Conn {
	p.t.Helper()
	return p.ClientAt(addr, p.Addr())
}

// ClientAt is ClientFrom to another address that the proxy serves.
func (p *Proxy) ClientAt(from, to string) *Conn {
	p.t.Helper()
	return p.dialFrom(net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}, from, to)
}

// TurnedAwayFrom connects as ClientFrom does, and fails unless the proxy resets the
// connection without a byte. That may be so quick that connecting fails.
func (p *Proxy) TurnedAwayFrom(addr string) {
	p.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}, Timeout: Deadline}
	c, err := dialer.Dial("tcp", p.Addr())
	switch {
	case err == nil:
		conn := newConn(p.t, p, addr, c)
		conn.ExpectReset()
		_ = c.Close()
	case !socket.IsReset(err):
		p.t.Fatalf("%s cannot connect to %s: %v", addr, p.Addr(), err)
	}
}

// Dial connects to any address, past the proxy.
func (p *Proxy) dial(name, addr string) *Conn {
	p.t.Helper()
	return p.dialFrom(net.Dialer{}, name, addr)
}

func (p *Proxy) dialFrom(dialer net.Dialer, name, addr string) *Conn {
	p.t.Helper()
	dialer.Timeout = Deadline
	c, err := dialer.Dial("tcp", addr)
	if err != nil {
		p.t.Fatalf("%s cannot connect to %s: %v", name, addr, err)
	}
	conn := newConn(p.t, p, name, c)
	p.t.Cleanup(func() { _ = c.Close() })
	return conn
}

// Row waits for the first row that is fits, and returns it.
func (p *Proxy) Row(fits func(flow.Row) bool) flow.Row {
	p.t.Helper()
	watch := p.Store.Watch()
	defer watch.Close()
	late := time.NewTimer(Deadline)
	defer late.Stop()
	rows := make(map[flow.ID]flow.Row)
	var cursor capture.Cursor
	for {
		batch := p.Store.Changes(cursor, 0)
		cursor = batch.Next
		for _, row := range batch.Rows {
			rows[row.ID] = row
			if fits(row) {
				return row
			}
		}
		select {
		case <-watch.C:
		case <-late.C:
			p.t.Fatalf("no row fits; there are %d: %.20000s", len(rows), fmt.Sprintf("%+v", rows))
		}
	}
}

// Finished waits until n exchanges are final and returns the n-th by ID, from 1.
func (p *Proxy) Finished(n flow.ID) flow.Row {
	p.t.Helper()
	return p.Row(func(r flow.Row) bool { return r.ID == n && r.Phase.Final() })
}

// Exchange waits until the n-th exchange, from 1, is final and returns all of it.
func (p *Proxy) Exchange(n flow.ID) flow.Exchange {
	p.t.Helper()
	p.Finished(n)
	x, ok := p.Store.Get(n)
	if !ok {
		p.t.Fatalf("exchange %d is not in the store", n)
	}
	return x
}

// rename makes what replaces {proxy} and {origin} in texts.
func (p *Proxy) rename() {
	pairs := []string{"{proxy}", p.Addr()}
	if len(p.origins) > 0 {
		pairs = append(pairs, "{origin}", p.origins[0].Addr())
	}
	p.names = strings.NewReplacer(pairs...)
}

// Text replaces {origin} and {proxy} in s.
func (p *Proxy) Text(s string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.names.Replace(s)
}
