package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

const (
	connectA = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n"
	getA     = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	basic407 = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nno"
	ntlm407  = "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	step407  = "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM TlRMTVNTUAACAAAA\r\nContent-Length: 0\r\n\r\n"
	ours     = "Proxy-Authorization: Basic eDp5\r\n"
	first    = "Proxy-Authorization: NTLM TlRMTVNTUAABAAAA\r\n"
	third    = "Proxy-Authorization: NTLM TlRMTVNTUAADAAAA\r\n"
)

// Where the settings hold no user for the upstream proxy, the client logs in by
// itself, and is told that it should.
func TestAClientLogsInAtTheUpstreamProxy(t *testing.T) {
	t.Run("plain", func(t *testing.T) {
		p, up := chained(t, "http://")
		client := p.Client()
		client.Send(getA + "\r\n")
		at := up.Accept()
		at.Expect(getA + "\r\n")
		at.Send(basic407)
		client.Expect(basic407)
		if row := p.Finished(1); row.Failure != flow.FailureNone || row.Status != 407 ||
			!strings.Contains(said(row.Reason), "wants the client to log in") {
			t.Errorf("row %+v", row)
		}
		asks(client, at, getA+ours+"\r\n", ok2)
		other := p.Client() // Basic is of the request: the connection is shared
		p.Finished(2)
		asks(other, at, getA+"\r\n", basic407)
	})
	t.Run("CONNECT", func(t *testing.T) {
		p, up := chained(t, "http://")
		client := p.Client()
		client.Send(connectA + "\r\n")
		at := up.Accept()
		at.ExpectHead()
		at.Send(basic407)
		client.Expect(basic407)
		if row := p.Finished(1); row.Failure != flow.FailureNone || row.Status != 407 || row.Kind != flow.KindTunnel ||
			!strings.Contains(said(row.Reason), "wants the client to log in") {
			t.Errorf("row %+v", row)
		}
		client.Send(connectA + ours + "\r\n")
		at = up.Accept()
		if head := at.ExpectHead(); !strings.Contains(head, ours) {
			t.Errorf("asked %q", head)
		}
		at.Send("HTTP/1.1 200 OK\r\n\r\n")
		client.ExpectStatus(200)
		client.Send("up")
		at.Expect("up")
	})
	t.Run("with a user in the settings, the client's ends here", func(t *testing.T) {
		p, up := chained(t, "http://u:p@")
		client := p.Client()
		client.Send(getA + first + "\r\n")
		at := up.Accept()
		if head := at.ExpectHead(); strings.Contains(head, "NTLM") || !strings.Contains(head, "Basic dTpw") {
			t.Errorf("asked %q", head)
		}
	})
	t.Run("what is asked directly is told nothing", func(t *testing.T) {
		p := proxytest.Start(t)
		origin := p.Origin()
		p.Server.Configure(chainTo(t, "http://192.0.2.1:1", "127.0.0.0/8"))
		client := p.Client()
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n" + ours + "\r\n")
		origin.Accept().Expect("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	})
}

// NTLM logs in the connection to the proxy: every step of it goes over the same one,
// which carries nothing else meanwhile, and becomes the tunnel.
func TestNTLMAtTheUpstreamProxy(t *testing.T) {
	p, up := chained(t, "http://")
	client, other := p.Client(), p.Client()
	client.Send(connectA + "\r\n")
	at := up.Accept()
	at.ExpectHead()
	at.Send(ntlm407)
	client.Expect(ntlm407)
	p.Finished(1)
	other.Send(getA + "\r\n")
	theirs := up.Accept()
	theirs.ExpectHead()
	theirs.Send(ok2)
	other.Expect(ok2)
	asks(client, at, connectA+first+"\r\n", step407)
	client.Send(connectA + third + "\r\n")
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\n\r\n")
	client.ExpectStatus(200)
	client.Send("up")
	at.Expect("up")
	at.Send("down")
	client.Expect("down")
	client.Close()
	at.ExpectGone()

	asking := p.Client() // plain requests likewise
	asking.Send(getA + first + "\r\n")
	mine := up.Accept()
	mine.ExpectHead()
	mine.Send(step407)
	asking.Expect(step407)
	asks(asking, mine, getA+third+"\r\n", ok2)
	asks(asking, mine, "GET http://b.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n", ok2)
}

// A login at the proxy is never moved either.
func TestALoginAtTheUpstreamProxyIsNeverMoved(t *testing.T) {
	for name, end := range map[string]func(client, at *proxytest.Conn){
		"before": func(client, at *proxytest.Conn) { at.Close(); client.Send(connectA + third + "\r\n") },
		"under it": func(client, at *proxytest.Conn) {
			client.Send(connectA + third + "\r\n")
			at.ExpectHead()
			at.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, up := chained(t, "http://")
			client := p.Client()
			client.Send(connectA + first + "\r\n")
			at := up.Accept()
			at.ExpectHead()
			at.Send(step407)
			client.Expect(step407)
			p.Finished(1)
			end(client, at)
			client.ExpectGone()
			up.NotAsked()
			if row := p.Finished(2); row.Failure != flow.FailureOriginClosed || !strings.Contains(said(row.Reason), "logging in") {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// A CONNECT without credentials goes over a new connection where the kept one has ended.
func TestACONNECTAfterAChallengeThatEnded(t *testing.T) {
	p, up := chained(t, "http://")
	client := p.Client()
	client.Send(connectA + "\r\n")
	at := up.Accept()
	at.ExpectHead()
	at.Send(ntlm407)
	client.Expect(ntlm407)
	p.Finished(1)
	client.Send(connectA + "\r\n")
	at.ExpectHead()
	at.Close()
	next := up.Accept()
	next.ExpectHead()
	next.Send(ntlm407)
	client.Expect(ntlm407)
}

// Bytes behind a CONNECT that is not opened are no request.
func TestBytesBehindAChallengedCONNECT(t *testing.T) {
	p, up := chained(t, "http://")
	client := p.Client()
	client.Send(connectA + "\r\n" + getA + "\r\n")
	at := up.Accept()
	at.ExpectHead()
	at.Send(ntlm407)
	client.Expect("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	client.ExpectEnd()
	up.NotAsked()
}

// Decrypted, the way that a client's own login opened is that client's alone, and a
// login in several steps is not sent again.
func TestDecryptedThroughAClientsOwnLogin(t *testing.T) {
	for _, login := range []string{ours, third} {
		t.Run(strings.Fields(login)[1], func(t *testing.T) {
			o := openThrough(t, "http://")
			begin := func(login string) (client, at *proxytest.Conn) {
				client = o.Client()
				client.Send(connectA + login + "\r\n")
				at = o.origin.Accept()
				if head := at.ExpectHead(); !strings.Contains(head, login) {
					t.Errorf("asked %q", head)
				}
				return client, at
			}
			client, at := begin("")
			at.Send(ntlm407)
			client.Expect(ntlm407)
			client.Close()
			at.ExpectGone()

			open := func() (client, at *proxytest.Conn) {
				client, at = begin(login)
				at.Send("HTTP/1.1 200 OK\r\n\r\n")
				client.ExpectStatus(200)
				shakeBoth(o, client, at)
				return client, at
			}
			client, at = open()
			client.Send(secret)
			at.Expect(secret)
			at.Send(ok2)
			client.Expect(ok2)
			o.Finished(3)

			// The host is known to speak TLS now, and yet none is let in for nothing.
			stranger, theirs := begin("")
			theirs.Send(basic407)
			stranger.Expect(basic407)

			second, own := open()
			second.Send(secret)
			own.Expect(secret)
			own.Send(ok2)
			second.Expect(ok2)

			client.Send(secret) // the first one's is still its own
			at.Expect(secret)
			at.Close()
			if login == third {
				client.ExpectNotifiedEnd() // its login is not sent again
				o.origin.NotAsked()
				return
			}
			again := o.origin.Accept()
			if head := again.ExpectHead(); !strings.Contains(head, ours) {
				t.Errorf("asked %q", head)
			}
		})
	}
}

// A tunnel that the client was told is open can no longer be asked for a login.
func TestAChallengeBehindAnOpenTunnel(t *testing.T) {
	o := openThrough(t, "http://")
	client := o.connectTo("a.example:443")
	at := o.acceptThrough("http://")
	client.ExpectStatus(200)
	shakeBoth(o, client, at)
	client.Send(secret)
	at.Expect(secret)
	at.Close()
	next := o.origin.Accept()
	next.ExpectHead()
	next.Send(ntlm407)
	client.ExpectStatus(502)
	next.ExpectGone()
	if row := o.Finished(2); row.Failure != flow.FailureUpstreamAuth {
		t.Errorf("row %+v", row)
	}
	later := o.connectTo("a.example:443") // is asked for it in time
	again := o.origin.Accept()
	again.ExpectHead()
	again.Send(ntlm407)
	later.Expect(ntlm407)
}

// A client that leaves while the body of a 407 comes is noticed as with any answer.
func TestAClientThatLeavesInAChallenge(t *testing.T) {
	p, up := chained(t, "http://")
	client := p.Client()
	client.Send(connectA + "\r\n")
	at := up.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nContent-Length: 100\r\n\r\n")
	client.ExpectStatus(407)
	client.Reset()
	at.ExpectGone()
	if row := p.Finished(1); row.Failure != flow.FailureClientGone {
		t.Errorf("row %+v", row)
	}
}
