package proxy_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/ca"
	"posthouse/proxy/devices"
	"posthouse/proxy/flow"
	"posthouse/proxy/localpage"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
)

// In these tests 127.0.0.7 and the like play other devices.

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// known is what the table says of an address.
func known(table *devices.Table, addr string) (d flow.Device) {
	for _, d := range table.List() {
		if d.Addr.String() == addr {
			return d
		}
	}
	return d
}

func TestOnlyAllowedDevicesComeIn(t *testing.T) {
	var table devices.Table
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true,
		Config: proxy.Config{Allow: prefixes("127.0.0.16/28", "127.0.0.7/32"), Devices: &table, Lend: proxy.Rights{Loopback: true}}})
	origin := p.Origin()
	for addr, allowed := range map[string]bool{"127.0.0.7": true, "127.0.0.16": true, "127.0.0.31": true, "127.0.0.8": false,
		"127.0.0.32": false, "127.0.1.7": false} {
		if !allowed {
			p.TurnedAwayFrom(addr)
			// It is closed first, and known then.
			eventually.Holds(t, addr+" was refused", func() bool { return known(&table, addr).Refused > 0 })
			if d := known(&table, addr); d.Allowed || d.Refused != 1 || d.Requests != 0 {
				t.Errorf("of %s is known %+v", addr, d)
			}
			continue
		}
		client := p.ClientFrom(addr)
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		at := origin.Accept()
		at.ExpectHead()
		at.Send(ok2by)
		client.Expect(ok2)
		if d := known(&table, addr); !d.Allowed || d.Requests != 1 || d.Refused != 0 {
			t.Errorf("of %s is known %+v", addr, d)
		}
		client.Close()
		at.Close()
	}
	if n := p.Store.Stats().Captured; n != 3 {
		t.Errorf("%d rows: refused devices make none", n)
	}
}

// Both ends on one address: that is this machine, which needs no permission.
func TestThisMachineComesIn(t *testing.T) {
	var table devices.Table
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true, Config: proxy.Config{Devices: &table}})
	client := p.ClientFrom("127.0.0.1")
	client.Send("GET / HTTP/1.1\r\nHost: {proxy}\r\n\r\n")
	client.ExpectStatus(200)
	if list := table.List(); len(list) != 0 {
		t.Errorf("this machine counts as %v", list)
	}
}

// Without a list no device comes in, and who tries takes no place of the proxy's clients.
func TestNobodyByDefault(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true, Config: proxy.Config{Limits: proxy.Limits{MaxConnections: 1}}})
	for range 20 {
		p.TurnedAwayFrom("127.0.0.7")
	}
	client := p.Client()
	client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	client.ExpectStatus(200)
}

// One device that holds on to its connections leaves room for everybody else.
func TestADeviceHasAPartOfTheConnections(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true,
		Config: proxy.Config{Allow: prefixes("127.0.0.0/29"), Limits: proxy.Limits{MaxConnections: 8}}})
	const page = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	open := func(from string, status int) *proxytest.Conn {
		t.Helper()
		c := p.ClientFrom(from)
		c.Send(page)
		c.ExpectN(contentLength(t, c.ExpectStatus(status)))
		return c
	}
	first := open("127.0.0.7", 200)
	open("127.0.0.7", 200)
	open("127.0.0.7", 503).ExpectEnd()
	for _, from := range []string{"127.0.0.6", "127.0.0.6", "127.0.0.1", "127.0.0.1", "127.0.0.1"} {
		open(from, 200)
	}
	first.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") // and its place is free again
	_, _ = first.Rest()
	p.Row(func(r flow.Row) bool { return r.ID == 9 && r.Phase.Final() })
	eventually.Holds(t, "the place of a connection that ended is free", func() bool {
		c := p.ClientFrom("127.0.0.7")
		c.Send(page)
		if strings.Contains(c.ExpectHead(), " 200 ") {
			return true
		}
		c.Close()
		return false
	})
}

// A list that changes holds immediately: for connections that are open too.
func TestListIsChangedWhileRunning(t *testing.T) {
	var table devices.Table
	config := proxy.Config{Allow: prefixes("127.0.0.7/32", "127.0.0.8/32"), Devices: &table, Lend: proxy.Rights{Loopback: true}}
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true, Config: config})
	origin := p.Origin()
	open := func(addr, request string) *proxytest.Conn {
		client := p.ClientFrom(addr)
		client.Send(request)
		return client
	}
	const page, tunnel = "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\n\r\n"
	idle, stays := open("127.0.0.7", page), open("127.0.0.8", page)
	contentLengthBody(t, idle)
	contentLengthBody(t, stays)
	tunneled := open("127.0.0.7", tunnel)
	tunneled.ExpectStatus(200)
	at := origin.Accept()
	waiting := open("127.0.0.7", "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	asked := origin.Accept()
	asked.ExpectHead()

	config.Allow = prefixes("127.0.0.8/32")
	p.Server.Configure(config)
	idle.ExpectGone()
	tunneled.ExpectGone()
	at.ExpectGone()
	_, _ = waiting.Rest()
	for _, id := range []flow.ID{3, 4} {
		if row := p.Finished(id); row.Failure != flow.FailureNotAllowed || !strings.Contains(said(row.Reason), "list of those allowed") {
			t.Errorf("row %+v", row)
		}
	}
	stays.Send(page)
	stays.ExpectStatus(200)
	if d := known(&table, "127.0.0.7"); d.Allowed {
		t.Errorf("127.0.0.7 is said to be allowed: %+v", d)
	}
	p.TurnedAwayFrom("127.0.0.7")

	config.Allow = prefixes("127.0.0.7/32", "127.0.0.8/32")
	p.Server.Configure(config)
	if d := known(&table, "127.0.0.7"); !d.Allowed {
		t.Errorf("127.0.0.7 is not said to be allowed: %+v", d)
	}
	again := open("127.0.0.7", page)
	again.ExpectStatus(200)
}

// contentLengthBody reads an answer whole.
func contentLengthBody(t *testing.T, c *proxytest.Conn) {
	t.Helper()
	c.ExpectN(contentLength(t, c.ExpectStatus(200)))
}

// Devices that come where everybody may are noted; this machine's clients are not.
func TestDevicesAreNotedWhereEverybodyMay(t *testing.T) {
	var table devices.Table
	p := proxytest.StartWith(t, proxytest.Options{Listen: "0.0.0.0:0", Config: proxy.Config{Devices: &table}})
	_, port, _ := strings.Cut(p.Addr(), "]:")
	client := p.ClientFrom("127.0.0.7")
	client.Send("GET / HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n")
	client.ExpectStatus(200)
	if list := table.List(); len(list) != 0 {
		t.Errorf("loopback clients are noted as %v", list)
	}
}

// The page and the certificate are there for a device at the address that it
// knows, before it is pointed at the proxy and after, and at http://posthouse/.
// A name that somebody made lead here is refused as ever.
func TestDevicesGetThePage(t *testing.T) {
	authority, err := ca.Open(t.TempDir(), ca.Options{Name: "desk"})
	if err != nil {
		t.Fatal(err)
	}
	page := localpage.New(localpage.Options{CA: func() localpage.CA { return authority }, Name: "desk"})
	var table devices.Table
	p := proxytest.StartWith(t, proxytest.Options{Listen: "127.0.0.20:0", Guarded: true,
		Config: proxy.Config{Allow: prefixes("127.0.0.7/32"), Devices: &table, Local: page}})
	client := p.ClientFrom("127.0.0.7")
	for _, c := range []struct {
		target, host string
		status       int
		part         string
	}{
		{"/", "{proxy}", 200, p.Addr()},
		{"http://{proxy}/", "{proxy}", 200, p.Addr()},
		{"http://posthouse/", "posthouse", 200, p.Addr()},
		{"/cert.pem", "{proxy}", 200, "BEGIN CERTIFICATE"},
		{"http://{proxy}/cert.pem", "{proxy}", 200, "BEGIN CERTIFICATE"},
		{"http://posthouse/cert.mobileconfig", "posthouse", 200, "PayloadContent"},
		{"http://{proxy}/none", "{proxy}", 404, ""},
		{"/", "evil.example:80", http.StatusMisdirectedRequest, ""},
	} {
		client.Send("GET " + c.target + " HTTP/1.1\r\nHost: " + c.host + "\r\nAccept: text/html\r\n\r\n")
		head := client.ExpectStatus(c.status)
		if body := client.ExpectN(contentLength(t, head)); !bytes.Contains(body, []byte(c.part)) {
			t.Errorf("%s for %s: no %q in %.300q", c.target, c.host, c.part, body)
		}
	}
	if d := known(&table, "127.0.0.7"); d.Requests != 8 {
		t.Errorf("%+v", d)
	}
	client.Send("PUT http://{proxy}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
	client.ExpectN(contentLength(t, client.ExpectStatus(405)))
	client.Send("CONNECT {proxy} HTTP/1.1\r\nHost: {proxy}\r\n\r\n")
	client.ExpectStatus(508)
}

// The log says who was refused, but a network full of addresses does not fill it.
func TestRefusalsAreSaidInBounds(t *testing.T) {
	var log lockedBuffer
	var table devices.Table
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Config: proxy.Config{Devices: &table}})
	begin := time.Now()
	for i := range 3 * devices.Max {
		p.TurnedAwayFrom(netip.AddrFrom4([4]byte{127, 0, 1, byte(i)}).String())
	}
	most := 1 + int(time.Since(begin)/time.Second)
	text := log.String()
	if n := strings.Count(text, "another device was refused"); n < 1 || n > most {
		t.Errorf("%d lines in %v:\n%s", n, time.Since(begin), text)
	}
	if !strings.Contains(text, "device=127.0.1.0") {
		t.Errorf("the log does not name the first:\n%s", text)
	}
	if n := len(table.List()); n != devices.Max {
		t.Errorf("%d devices are remembered", n)
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
