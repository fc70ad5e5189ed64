package proxy_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// openProgram is a proxy that decrypts what one program asks and, as far as the change of
// its rules says nothing else, nothing for others. ln is the program's listener.
func openProgram(t *testing.T, change func(*decrypt.Options, *proxy.Config)) (o *opener, ln net.Listener) {
	t.Helper()
	o = openAll(t, func(d *decrypt.Options, c *proxy.Config) {
		d.Hosts = nil
		if change != nil {
			change(d, c)
		}
	})
	return o, serveProgram(t, o.Proxy, proxy.Program{Name: "Browser", Decrypt: true})
}

// serveProgram has the proxy serve one program, until the test or the proxy ends.
func serveProgram(t *testing.T, p *proxytest.Proxy, program proxy.Program) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- p.Server.ServeProgram(ln, program) }()
	t.Cleanup(func() {
		_ = ln.Close()
		if err := <-served; !errors.Is(err, proxy.ErrListenerClosed) && !errors.Is(err, proxy.ErrServerClosed) {
			t.Errorf("serving the program: %v", err)
		}
	})
	return ln
}

// at connects to a listener of the proxy.
func (o *opener) at(ln net.Listener) *proxytest.Conn {
	return o.ClientAt("127.0.0.1", ln.Addr().String())
}

// A program that has a listener for itself is decrypted though no host is listed, and
// whoever comes another way is not.
func TestAProgramIsDecryptedWhateverIsListed(t *testing.T) {
	o, ln := openProgram(t, nil)
	c, at, _ := o.shakeOn(o.open(o.at(ln)), o.client("http/1.1"), o.server("http/1.1"))
	c.Send(insideGet)
	at.ExpectHead()
	at.Send(ok2)
	c.Expect(ok2)
	if row := o.Finished(2); row.TLS.Outcome != flow.TLSDecrypted || row.Path != "/a?b" || row.App != "Browser" || row.AppPID != 0 {
		t.Errorf("row %+v", row)
	}
	o.passes(o.Client())
}

// passes has a client open a tunnel to the origin, which stays one.
func (o *opener) passes(c *proxytest.Conn) {
	o.t.Helper()
	o.open(c)
	at := o.origin.Accept()
	done := make(chan struct{})
	go func() {
		defer close(done)
		config := o.client()
		config.RootCAs = o.issuer.Pool()
		if _, err := c.TryClientTLS(config); err != nil {
			o.t.Errorf("the origin's own certificate does not come through: %v", err)
		}
	}()
	at.StartServerTLS(o.server())
	<-done
	c.Close()
	at.Rest()
	row := o.Row(func(r flow.Row) bool {
		return r.Kind == flow.KindTunnel && r.Phase.Final() && r.TLS.Outcome == flow.TLSNone
	})
	if row.Path != "" {
		o.t.Errorf("row %+v", row)
	}
}

// Exceptions hold for such a program too, however they are written.
func TestAProgramLeavesExceptionsAlone(t *testing.T) {
	for _, pattern := range []string{"-127.0.0.1", "!127.1", "-*"} {
		t.Run(pattern, func(t *testing.T) {
			o, ln := openProgram(t, func(d *decrypt.Options, _ *proxy.Config) { d.Hosts = []string{pattern} })
			o.passes(o.at(ln))
		})
	}
}

// Hosts that are never recorded leave rows without contents, whoever asks.
func TestAProgramNeverRecordsWhatIsPrivate(t *testing.T) {
	o, ln := openProgram(t, func(d *decrypt.Options, _ *proxy.Config) { d.NeverRecord = []string{"127.0.0.1"} })
	c, at, _ := o.shakeOn(o.open(o.at(ln)), o.client("http/1.1"), o.server("http/1.1"))
	c.Send(insideGet)
	at.ExpectHead()
	at.Send(ok2)
	c.Expect(ok2)
	if x := o.Exchange(2); x.TLS.Outcome != flow.TLSDecrypted || len(x.RequestHead)+len(x.ResponseHead)+len(x.ResponseBody.Bytes) > 0 ||
		strings.Contains(x.Path, "a") {
		t.Errorf("%+v", x)
	}
}

// Without an authority nothing is opened, and a program that is not to be decrypted has
// its name on its rows all the same.
func TestAProgramWithoutDecryption(t *testing.T) {
	t.Run("no authority", func(t *testing.T) {
		o, ln := openProgram(t, func(d *decrypt.Options, _ *proxy.Config) { d.Minter = nil })
		o.passes(o.at(ln))
	})
	t.Run("not asked for", func(t *testing.T) {
		o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) { d.Hosts = nil })
		ln := serveProgram(t, o.Proxy, proxy.Program{Name: "Terminal"})
		o.passes(o.at(ln))
		if row := o.Finished(1); row.App != "Terminal" {
			t.Errorf("row %+v", row)
		}
	})
}

// What the system tells of a program counts before the name of what was opened, unless
// that is one program. Where it is found stays known.
func TestTheNameOfAProgram(t *testing.T) {
	curl := flow.App{Name: "curl", Path: "/bin/curl", PID: 5}
	for name, c := range map[string]struct {
		known flow.App
		sole  bool
		want  flow.App
	}{
		"known": {curl, false, curl}, "ended": {flow.AppEnded, false, flow.App{Name: "Opened"}},
		"not known": {flow.App{}, false, flow.App{Name: "Opened"}},
		"one":       {curl, true, flow.App{Name: "Opened", Path: "/bin/curl", PID: 5}},
		"one ended": {flow.AppEnded, true, flow.App{Name: "Opened"}},
	} {
		t.Run(name, func(t *testing.T) {
			var a processes
			p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Processes: &a}})
			ln := serveProgram(t, p, proxy.Program{Name: "Opened", Sole: c.sole})
			client := p.ClientAt("127.0.0.1", ln.Addr().String())
			ask := func() {
				client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				contentLengthBody(t, client)
			}
			ask()
			a.mu.Lock()
			a.found[0].Set(c.known)
			a.mu.Unlock()
			ask()
			for id := range flow.ID(2) {
				if row := p.Finished(id + 1); (flow.App{Name: row.App, Path: row.AppPath, PID: row.AppPID}) != c.want {
					t.Errorf("row %+v", row)
				}
			}
		})
	}
}

// A program's listener is for this computer, and no way in for devices of the network.
func TestAProgramIsOfThisComputer(t *testing.T) {
	p := proxytest.Start(t)
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Server.ServeProgram(ln, proxy.Program{}); !errors.Is(err, proxy.ErrNotLoopback) {
		t.Errorf("it serves all addresses: %v", err)
	}
	if conn, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the listener was left open")
	}

	config := lending(proxy.Rights{})
	guarded := proxytest.StartWith(t, proxytest.Options{Config: config, Guarded: true})
	serveProgram(t, guarded, proxy.Program{Name: "Browser"})
	guest := guarded.ClientFrom(device)
	guest.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	contentLengthBody(t, guest)
	config.Allow = nil
	guarded.Server.Configure(config)
	guest.ExpectGone()
}

// A program's connections count among all, and outlive its listener; Shutdown ends both.
func TestAProgramIsServedAsOthersAre(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Limits: proxy.Limits{MaxConnections: 1}}})
	ln := serveProgram(t, p, proxy.Program{Name: "Browser"})
	stays := p.ClientAt("127.0.0.1", ln.Addr().String())
	ask := func() {
		t.Helper()
		stays.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		contentLengthBody(t, stays)
	}
	ask()
	over := p.ClientAt("127.0.0.1", ln.Addr().String())
	over.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	over.ExpectStatus(503)
	over.Close()
	_ = ln.Close()
	ask()
	second := serveProgram(t, p, proxy.Program{Name: "Browser"})
	over = p.ClientAt("127.0.0.1", second.Addr().String()) // it is one too many there as well, which shows that it is served
	over.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	over.ExpectStatus(503)
	over.Close()
	if err := p.Shutdown(time.Second); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	stays.ExpectGone()
	if conn, err := net.Dial("tcp", second.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the listener is open after Shutdown")
	}
}
