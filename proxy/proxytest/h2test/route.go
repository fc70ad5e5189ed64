package h2test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/rules"
)

// Host is the name in certificates and SNI.
const Host = "a.example"

// Change changes how the proxy of a route behaves; nil changes nothing.
type Change func(*decrypt.Options, *proxy.Config)

// Route is a way from clients to one origin, with TLS and HTTP/2 on it.
type Route struct {
	Proxy *proxytest.Proxy // nil: directly

	t       testing.TB
	through proxy.Config         // of the proxy
	ca      *proxytest.Authority // whom clients trust
	issuer  *proxytest.Authority // who signed the origin's certificate
	ln      net.Listener
	config  *tls.Config
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	done    bool
	serving sync.WaitGroup
}

// Everywhere runs a test directly, through the proxy, and through it with rules that match
// all that passes and find nothing: with them not one byte is another.
func Everywhere(t *testing.T, change Change, test func(*testing.T, *Route)) {
	t.Helper()
	WithoutRules(t, change, test)
	set, err := rules.Load("rules.toml", []byte(Idle), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("ruled", func(t *testing.T) {
		test(t, Through(t, func(o *decrypt.Options, c *proxy.Config) {
			if change != nil {
				change(o, c)
			}
			c.Rules = set
		}))
	})
}

// WithoutRules is Everywhere where rules make a difference: windows are their own where bodies
// pass through them, and what is held until it is whole is not told of before.
func WithoutRules(t *testing.T, change Change, test func(*testing.T, *Route)) {
	t.Helper()
	t.Run("directly", func(t *testing.T) { test(t, Direct(t)) })
	t.Run("through", func(t *testing.T) { test(t, Through(t, change)) })
}

// Idle are rules that match every message and find nothing to do in it.
const Idle = `[[rule]]
request.remove = ["X-Never"]
request.replace = [{ field = "X-Never", find = "a", with = "b" }]
request.query.remove = ["never"]
request.cookies.remove = ["never"]
request.body.replace = [{ find = "never there", with = "b" }, { find = "/nev[e]r/", with = "" }]
response.remove = ["X-Never"]
response.replace = [{ field = "Set-Cookie", find = "/never+/", with = "b" }]
response.cookies.remove = ["never"]
response.body.replace = [{ find = "never there", with = "b" }, { find = "/nev[e]r/", with = "" }]
`

// Direct leads clients to the origin.
func Direct(t testing.TB) *Route {
	t.Helper()
	r := newRoute(t)
	r.ca = r.issuer
	return r
}

// Through leads clients to the origin through a proxy that decrypts.
func Through(t testing.TB, change Change) *Route {
	t.Helper()
	r := newRoute(t)
	r.ca = proxytest.NewAuthority(t, "Posthouse test CA")
	options := decrypt.Options{Hosts: []string{"*"}, Minter: r.ca, Roots: r.issuer.Pool()}
	var config proxy.Config
	if change != nil {
		change(&options, &config)
	}
	policy, err := decrypt.New(options)
	if err != nil {
		t.Fatal(err)
	}
	config.Decrypt = policy
	r.through = config
	r.Proxy = proxytest.StartWith(t, proxytest.Options{Config: config})
	return r
}

// Configure changes how the proxy behaves from now on.
func (r *Route) Configure(change func(*proxy.Config)) {
	change(&r.through)
	r.Proxy.Server.Configure(r.through)
}

func newRoute(t testing.TB) *Route {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Route{t: t, issuer: proxytest.NewAuthority(t, "Origins' CA"), ln: ln, conns: make(map[net.Conn]struct{})}
	r.config = &tls.Config{Certificates: []tls.Certificate{r.issuer.Issue(t, nil)}, NextProtos: []string{"h2"}}
	t.Cleanup(r.close)
	return r
}

// Addr is the origin's.
func (r *Route) Addr() string { return r.ln.Addr().String() }

// ServerTLS is how the origin speaks TLS; to be changed before the first connection.
func (r *Route) ServerTLS() *tls.Config { return r.config }

// ClientTLS is how a client speaks TLS.
func (r *Route) ClientTLS(protocols ...string) *tls.Config {
	return &tls.Config{RootCAs: r.ca.Pool(), ServerName: Host, NextProtos: protocols}
}

// RootPEM is the certificate that clients must trust.
func (r *Route) RootPEM() []byte { return r.ca.RootPEM() }

// TryDial is a client's connection to the origin, before TLS.
func (r *Route) TryDial() (net.Conn, error) {
	to := r.Addr()
	if r.Proxy != nil {
		to = r.Proxy.Addr()
	}
	c, err := net.DialTimeout("tcp", to, proxytest.Deadline)
	if err != nil || r.Proxy == nil {
		return r.keep(c), err
	}
	_ = c.SetDeadline(time.Now().Add(proxytest.Deadline))
	if err := connect(c, r.Addr()); err != nil {
		_ = c.Close()
		return nil, err
	}
	_ = c.SetDeadline(time.Time{})
	return r.keep(c), nil
}

func connect(c net.Conn, addr string) error {
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", addr); err != nil {
		return err
	}
	// Nothing follows the head before the client has spoken TLS.
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: http.MethodConnect})
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("the tunnel was refused: %s", res.Status)
	}
	return err
}

// DialTLS is TryDial with TLS.
func (r *Route) DialTLS(config *tls.Config) (*tls.Conn, error) {
	c, err := r.TryDial()
	if err != nil {
		return nil, err
	}
	conn := tls.Client(c, config)
	_ = conn.SetDeadline(time.Now().Add(proxytest.Deadline))
	if err := conn.Handshake(); err != nil {
		_ = c.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return conn, nil
}

// Accept is the origin's next connection, with TLS.
func (r *Route) Accept() *tls.Conn {
	r.t.Helper()
	_ = r.ln.(*net.TCPListener).SetDeadline(time.Now().Add(proxytest.Deadline))
	c, err := r.ln.Accept()
	if err != nil {
		r.t.Fatalf("origin: no connection came: %v", err)
	}
	conn := tls.Server(r.keep(c), r.config)
	_ = conn.SetDeadline(time.Now().Add(proxytest.Deadline))
	if err := conn.Handshake(); err != nil {
		r.t.Fatalf("origin: no TLS: %v", err)
	}
	return conn
}

// Refused is the origin's next connection, whose other side does not take the origin's TLS.
func (r *Route) Refused() {
	_ = r.ln.(*net.TCPListener).SetDeadline(time.Now().Add(proxytest.Deadline))
	c, err := r.ln.Accept()
	if err != nil {
		r.t.Errorf("origin: no connection came: %v", err)
		return
	}
	conn := tls.Server(r.keep(c), r.config)
	_ = conn.SetDeadline(time.Now().Add(proxytest.Deadline))
	if err := conn.Handshake(); err == nil {
		if _, err = conn.Read(make([]byte, 1)); err == nil {
			r.t.Error("origin: bytes came")
		}
	}
	_ = conn.Close()
}

// Open is a connection of a client and of the origin, both scripted. TLS stands, and
// no byte of HTTP/2 was sent. Rules that may answer, for which the origin would be dialled
// with the first request that needs it, come into force then.
func (r *Route) Open() (client, origin *Peer) {
	r.t.Helper()
	answers := func(c *rules.Compiled) bool { return c.Answer != nil || c.Block != "" || c.CORS }
	if set := r.through.Rules; set != nil && slices.ContainsFunc(set.Rules, answers) {
		r.Configure(func(c *proxy.Config) { c.Rules = nil })
		defer r.Configure(func(c *proxy.Config) { c.Rules = set })
	}
	type dialled struct {
		conn *tls.Conn
		err  error
	}
	came := make(chan dialled, 1)
	go func() {
		conn, err := r.DialTLS(r.ClientTLS("h2"))
		came <- dialled{conn, err}
	}()
	at := r.Accept()
	d := <-came
	if d.err != nil {
		r.t.Fatalf("client: %v", d.err)
	}
	if got := d.conn.ConnectionState().NegotiatedProtocol; got != "h2" {
		r.t.Fatalf("client: ALPN %q", got)
	}
	return NewClient(r.t, "client", d.conn), NewServer(r.t, "origin", at)
}

// Started is Open with the opening done, both keeping house.
func (r *Route) Started() (client, origin *Peer) {
	r.t.Helper()
	client, origin = r.Open()
	client.Start()
	origin.Start()
	return client, origin
}

// Client is a scripted client of an origin that serves already.
func (r *Route) Client() *Peer {
	r.t.Helper()
	conn, err := r.DialTLS(r.ClientTLS("h2"))
	if err != nil {
		r.t.Fatalf("client: %v", err)
	}
	return NewClient(r.t, "client", conn)
}

// Serve runs script for each connection to the origin, each in a goroutine, until the
// test ends. A connection is closed when its script returns.
func (r *Route) Serve(script func(*tls.Conn)) {
	_ = r.ln.(*net.TCPListener).SetDeadline(time.Time{})
	r.serving.Go(func() {
		for {
			c, err := r.ln.Accept()
			if err != nil {
				return
			}
			r.keep(c)
			r.serving.Go(func() {
				defer func() { _ = c.Close() }()
				conn := tls.Server(c, r.config)
				_ = conn.SetDeadline(time.Now().Add(proxytest.Deadline))
				if conn.Handshake() == nil {
					_ = conn.SetDeadline(time.Time{})
					script(conn)
				}
			})
		}
	})
}

// Entrance listens for clients that cannot be told of a proxy: what comes there is
// led to the origin byte for byte.
func (r *Route) Entrance() *net.TCPAddr {
	r.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = ln.Close() })
	r.serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			r.keep(c)
			r.serving.Go(func() { r.lead(c) })
		}
	})
	return ln.Addr().(*net.TCPAddr)
}

func (r *Route) lead(c net.Conn) {
	defer func() { _ = c.Close() }()
	on, err := r.TryDial()
	if err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(c, on)
		_ = c.(*net.TCPConn).CloseWrite()
	})
	_, _ = io.Copy(on, c)
	_ = on.(*net.TCPConn).CloseWrite()
	back.Wait()
	_ = on.Close()
}

// keep has a connection closed when the test ends.
func (r *Route) keep(c net.Conn) net.Conn {
	if c == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		_ = c.Close()
		return c
	}
	r.conns[c] = struct{}{}
	return c
}

func (r *Route) close() {
	_ = r.ln.Close()
	r.mu.Lock()
	r.done = true
	for c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.serving.Wait()
}
