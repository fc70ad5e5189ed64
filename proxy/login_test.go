package proxy_test

import (
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

const (
	ask401  = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	step401 = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: ntlm TlRMTVNTUAACAAAA\r\nContent-Length: 0\r\n\r\n"
	type1   = "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nAuthorization: NTLM TlRMTVNTUAABAAAA\r\n\r\n"
	type3   = "GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nAuthorization: NTLM TlRMTVNTUAADAAAA\r\n\r\n"
	postTwo = "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi"
)

// asks sends a request, and lets at answer it.
func asks(client, at *proxytest.Conn, request, answer string) {
	client.Send(request)
	at.ExpectHead()
	at.Send(answer)
	client.Expect(answer)
}

// A connection that carried a login, or was asked for one, is its client's alone,
// for every method and however long it waits.
func TestALoginKeepsItsConnection(t *testing.T) {
	p := proxytest.Start(t)
	origin, client, other := p.Origin(), p.Client(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ask401)
	client.Expect(ask401)
	p.Finished(1)

	other.Send(getHead) // no other client's request goes over it
	theirs := origin.Accept()
	theirs.ExpectHead()
	theirs.Send(ok2)
	other.Expect(ok2)

	asks(client, at, type1, step401)
	client.Silence(1100 * time.Millisecond) // longer than any doubt lasts about a kept connection
	asks(client, at, type3, ok2)
	asks(client, at, getHead, ok2)
	client.Send(postTwo)
	at.ExpectThrough("hi")
	at.Send(ok2)
	client.Expect(ok2)
	client.Close()
	at.ExpectGone()
}

// What binds a connection, and what does not.
func TestWhichLoginsBindAConnection(t *testing.T) {
	for name, c := range map[string]struct {
		fields, answer string
		binds          bool
	}{
		"nothing":                    {"", ok2, false},
		"Basic":                      {"Authorization: Basic eDp5\r\n", ok2, false},
		"Bearer":                     {"Authorization: Bearer x\r\n", ok2, false},
		"an unknown scheme":          {"Authorization: Custom NTLM\r\n", ok2, false},
		"NTLM":                       {"Authorization: NTLM TlRM\r\n", ok2, true},
		"negotiate in small letters": {"authorization: negotiate YII=\r\n", ok2, true},
		"NTLM behind a tab":          {"Authorization: NTLM\tTlRM\r\n", ok2, true},
		"Kerberos":                   {"Authorization: Kerberos YII=\r\n", ok2, true},
		"to a proxy: it ends here":   {"Proxy-Authorization: NTLM TlRM\r\n", ok2, false},
		"a 401 of Basic and Digest": {"", "HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=\"NTLM, Negotiate\", Digest realm=\"x\", " +
			"nonce=\"y\"\r\nContent-Length: 0\r\n\r\n", false},
		"a 401 with NTLM in a list": {"", "HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=\"x\", NTLM\r\nContent-Length: 0\r\n\r\n",
			true},
		"a 401 with NTLM on a line": {"", "HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=\"x\"\r\nWWW-AUTHENTICATE: " +
			"nTlM\r\nContent-Length: 0\r\n\r\n", true},
		"a 401 of an unknown scheme":   {"", "HTTP/1.1 401 x\r\nWWW-Authenticate: Sealed realm=\"x\"\r\nContent-Length: 0\r\n\r\n", true},
		"a 407 of Negotiate":           {"", "HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n", true},
		"a 200 that ends a login":      {"", "HTTP/1.1 200 OK\r\nWWW-Authenticate: Negotiate oYG=\r\nContent-Length: 2\r\n\r\nok", true},
		"a field that is like another": {"", "HTTP/1.1 401 x\r\nX-Authenticate-A: NTLM\r\nContent-Length: 0\r\n\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client, other := p.Origin(), p.Client(), p.Client()
			client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n" + c.fields + "\r\n")
			at := origin.Accept()
			at.ExpectHead()
			at.Send(c.answer)
			client.Expect(c.answer)
			p.Finished(1)
			other.Send(getHead)
			theirs := at
			if c.binds {
				theirs = origin.Accept()
			}
			theirs.ExpectHead()
			theirs.Send(ok2)
			other.Expect(ok2)
			p.Finished(2)
			asks(client, at, getHead, ok2)
		})
	}
}

// A login whose connection ends in the middle ends the client's connection, as it
// would have without a proxy: its next step never goes over another connection.
func TestALoginIsNeverMoved(t *testing.T) {
	for name, end := range map[string]func(p *proxytest.Proxy, client, at *proxytest.Conn){
		"the origin closes before the next step": func(p *proxytest.Proxy, client, at *proxytest.Conn) {
			at.Close()
			client.Send(type3)
		},
		"the origin closes under it": func(p *proxytest.Proxy, client, at *proxytest.Conn) {
			client.Send(type3)
			at.ExpectHead()
			at.Close()
		},
		"the origin resets it": func(p *proxytest.Proxy, client, at *proxytest.Conn) {
			client.Send(type3)
			at.ExpectHead()
			at.Reset()
		},
		"the computer slept": func(p *proxytest.Proxy, client, at *proxytest.Conn) {
			p.Server.Slept(time.Hour)
			at.ExpectGone()
			client.Send(type3)
		},
		"the origin sends what was not asked for": func(p *proxytest.Proxy, client, at *proxytest.Conn) {
			at.Send("HTTP/1.1 200 OK\r\n\r\n")
			at.ExpectGone() // the sweeper has looked
			client.Send(type3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(type1)
			at := origin.Accept()
			at.ExpectHead()
			at.Send(step401)
			client.Expect(step401)
			p.Finished(1)
			end(p, client, at)
			client.ExpectGone()
			origin.NotAsked()
			if row := p.Finished(2); row.Failure != flow.FailureOriginClosed || !strings.Contains(said(row.Reason), "logging in") ||
				row.Status != 0 {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// After a login, and without credentials, a request that may be repeated is sent
// again over a new connection; the origin then asks anew.
func TestALoggedInConnectionThatEnds(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(type3)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)
	p.Finished(1)
	client.Send(getHead)
	at.ExpectHead()
	at.Close()
	next := origin.Accept()
	next.ExpectHead()
	next.Send(ask401)
	client.Expect(ask401)
	next.Close()
	client.Send(type1) // a first step begins anew wherever it goes
	last := origin.Accept()
	last.ExpectHead()
	last.Send(step401)
	client.Expect(step401)
}

// An origin that closes behind a step of a login is seen to close.
func TestTheCloseOfALoginPasses(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send(type1)
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 401 x\r\nWWW-Authenticate: NTLM TlRM\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	client.Expect("HTTP/1.1 401 x\r\nWWW-Authenticate: NTLM TlRM\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	client.ExpectEnd()
}

// One client may log in to several origins, up to a bound.
func TestLoginsToManyOrigins(t *testing.T) {
	const most = 8
	p := proxytest.Start(t)
	client := p.Client()
	var all []*proxytest.Conn
	request := func(o *proxytest.Origin) string {
		return "GET http://" + o.Addr() + "/ HTTP/1.1\r\nHost: " + o.Addr() + "\r\n\r\n"
	}
	var origins []*proxytest.Origin
	for i := range most + 1 {
		o := p.Origin()
		client.Send(request(o))
		at := o.Accept()
		at.ExpectHead()
		at.Send(ask401)
		client.Expect(ask401)
		p.Finished(flow.ID(i + 1))
		all, origins = append(all, at), append(origins, o)
	}
	all[0].ExpectGone()
	for i := range most {
		asks(client, all[i+1], request(origins[i+1]), ok2)
	}
	client.Close()
	for _, at := range all[1:] {
		at.ExpectGone()
	}
}

// Through a proxy that forwards, the connection to it is the client's alone.
func TestALoginThroughAForwardingProxy(t *testing.T) {
	p, up := chained(t, "http://u:p@")
	client, other := p.Client(), p.Client()
	client.Send("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nAuthorization: NTLM TlRM\r\n\r\n")
	at := up.Accept()
	at.ExpectHead()
	at.Send(step401)
	client.Expect(step401)
	p.Finished(1)
	other.Send("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
	theirs := up.Accept()
	theirs.ExpectHead()
	theirs.Send(ok2)
	other.Expect(ok2)
	asks(client, at, "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nAuthorization: NTLM TlRM\r\n\r\n", ok2)
	p.Finished(3) // and its connection is kept
	p.Server.Configure(chainTo(t, "http://u:q@"+up.Addr()))
	at.ExpectGone() // nothing asks for it now
}
