package proxy_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

const connect = "CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\n\r\n"

func openTunnel(t *testing.T, p *proxytest.Proxy, glued string) (client, at *proxytest.Conn) {
	t.Helper()
	origin := p.Origin()
	client = p.Client()
	client.Send(connect + glued)
	at = origin.Accept()
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	return client, at
}

func TestTunnels(t *testing.T) {
	for name, talk := range map[string]func(client, at *proxytest.Conn){
		"server first": func(client, at *proxytest.Conn) {
			at.Send("220 hello\r\n")
			client.Expect("220 hello\r\n")
		},
		"one byte first": func(client, at *proxytest.Conn) {
			for _, b := range []string{"\x16", "\x03", "\x01", "x"} {
				client.Send(b)
				at.Expect(b)
			}
		},
		"client ends, answer is late": func(client, at *proxytest.Conn) {
			client.Send("q")
			client.CloseWrite()
			at.Expect("q")
			at.ExpectEnd()
			at.Send("late")
			client.Expect("late")
			at.CloseWrite()
			client.ExpectEnd()
		},
		"origin ends, client is late": func(client, at *proxytest.Conn) {
			at.CloseWrite()
			client.ExpectEnd()
			client.Send("late")
			at.Expect("late")
			client.CloseWrite()
			at.ExpectEnd()
		},
		"origin resets": func(client, at *proxytest.Conn) {
			at.Send("x")
			client.Expect("x")
			at.Reset()
			client.ExpectReset()
		},
		"client resets": func(client, at *proxytest.Conn) {
			client.Send("x")
			at.Expect("x")
			client.Reset()
			at.ExpectReset()
		},
		"client resets before it sent a byte": func(client, at *proxytest.Conn) {
			client.Reset()
			at.ExpectReset()
		},
		"client resets inside what may be a ClientHello": func(client, at *proxytest.Conn) {
			client.Send("\x16\x03\x01")
			at.Expect("\x16\x03\x01")
			client.Reset()
			at.ExpectReset()
		},
		"HTTP inside is not touched": func(client, at *proxytest.Conn) {
			client.Send("GET / HTTP/1.1\nhost : x\n\n")
			at.Expect("GET / HTTP/1.1\nhost : x\n\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			client, at := openTunnel(t, p, "")
			talk(client, at)
		})
	}
}

func TestTunnelKeepsGluedBytes(t *testing.T) {
	p := proxytest.Start(t)
	client, at := openTunnel(t, p, "glued\x00bytes")
	at.Expect("glued\x00bytes")
	client.Close()
	at.ExpectGone()
}

func TestTunnelCarriesBulk(t *testing.T) {
	body := make([]byte, 5<<20)
	for i := range body {
		body[i] = byte(i * i >> 9)
	}
	p := proxytest.Start(t)
	client, at := openTunnel(t, p, "")
	client.Quiet()
	at.Quiet()
	for range 2 { // both ways, twice: into bulk, out of it, into it again
		done := make(chan struct{})
		go func() {
			defer close(done)
			client.SendBytes(body)
		}()
		if !bytes.Equal(at.ExpectN(len(body)), body) {
			t.Fatal("altered on the way up")
		}
		<-done
		done = make(chan struct{})
		go func() {
			defer close(done)
			at.SendBytes(body)
		}()
		if !bytes.Equal(client.ExpectN(len(body)), body) {
			t.Fatal("altered on the way down")
		}
		<-done
		client.Send("q")
		at.Expect("q")
	}
	client.CloseWrite()
	at.ExpectEnd()
	at.CloseWrite()
	client.ExpectEnd()
	row := p.Finished(1)
	if row.RequestSize != 10<<20+2 || row.ResponseSize != 10<<20 || row.Phase != flow.PhaseDone {
		t.Errorf("row %+v", row)
	}
}

// The row shows bytes live while the tunnel is open.
func TestTunnelRowIsLive(t *testing.T) {
	p := proxytest.Start(t)
	client, at := openTunnel(t, p, "")
	client.Send("abc")
	at.Expect("abc")
	at.Send("defg")
	client.Expect("defg")
	row := p.Row(func(r flow.Row) bool { return r.RequestSize == 3 && r.ResponseSize == 4 })
	if row.Phase != flow.PhaseResponse || row.Kind != flow.KindTunnel || row.Status != 200 || row.Host != p.Text("{origin}") {
		t.Errorf("row %+v", row)
	}
}

func TestTunnelShowsWhatTheClientHelloSays(t *testing.T) {
	p := proxytest.Start(t)
	client, at := openTunnel(t, p, "")
	ours, theirs := net.Pipe()
	hello := make(chan []byte)
	go func() {
		b := make([]byte, 4<<10)
		n, _ := theirs.Read(b)
		_ = theirs.Close()
		hello <- b[:n]
	}()
	_ = tls.Client(ours, &tls.Config{ServerName: "inside.example", NextProtos: []string{"h2", "http/1.1"}}).Handshake()
	sent := <-hello
	client.SendBytes(sent[:1])
	at.ExpectN(1)
	client.SendBytes(sent[1:])
	if !bytes.Equal(at.ExpectN(len(sent)-1), sent[1:]) {
		t.Error("the ClientHello was altered")
	}
	row := p.Row(func(r flow.Row) bool { return r.TLS.Seen })
	if want := (flow.TLS{Seen: true, SNI: "inside.example", ALPN: "h2, http/1.1", Version: "TLS 1.3"}); row.TLS != want {
		t.Errorf("TLS %+v, want %+v", row.TLS, want)
	}
}

// After a failed CONNECT the connection stays usable.
func TestFailedConnectKeepsTheConnection(t *testing.T) {
	p := proxytest.Start(t)
	origin, closed := p.Origin(), p.Origin()
	addr := closed.Addr()
	closed.Close()
	client := p.Client()
	for _, c := range []struct {
		target  string
		status  int
		failure flow.Failure
	}{
		{addr, 502, flow.FailureRefused},
		{"nowhere.invalid:443", 502, flow.FailureResolve},
		{"127.0.0.1:0", 400, flow.FailureBadRequest},
		{"127.0.0.1:99999", 400, flow.FailureBadRequest},
		{"127.0.0.1", 400, flow.FailureBadRequest},
	} {
		client.Send("CONNECT " + c.target + " HTTP/1.1\r\nHost: x\r\n\r\n")
		head := client.ExpectStatus(c.status)
		client.ExpectN(contentLength(t, head))
	}
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)
	if row := p.Finished(1); row.Failure != flow.FailureRefused || row.Status != 502 || row.Kind != flow.KindTunnel {
		t.Errorf("row %+v", row)
	}
	if args := p.Finished(2).Reason.Args(); len(args) == 0 || args[0] != "nowhere.invalid" {
		t.Errorf("the name that was not found: %q", args)
	}
}

// What came behind a CONNECT that fails was meant for the tunnel. None of it is a request.
func TestBytesBehindAFailedConnectAreNoRequest(t *testing.T) {
	for name, early := range map[string]string{
		"a request":     getHead,
		"a ClientHello": "\x16\x03\x01\x02\x00\x01",
		"one byte":      "G",
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send("CONNECT 127.0.0.1:0 HTTP/1.1\r\nHost: x\r\n\r\n" + early)
			head := client.ExpectStatus(400)
			if !strings.Contains(head, "\r\nConnection: close\r\n") {
				t.Errorf("%q does not say that the connection ends", head)
			}
			client.ExpectN(contentLength(t, head))
			client.ExpectEnd()
			origin.NotAsked()
		})
	}
}

func TestConnectWithBodyIsRefused(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	client := p.Client()
	client.Send("CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 4\r\n\r\nbody")
	client.ExpectStatus(400)
	origin.NotAsked()
}
