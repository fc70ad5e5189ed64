package proxy_test

import (
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// Plain HTTP in a tunnel, as undici and browsers' ws:// send it, becomes rows where the
// host is one that is opened.
func TestPlainHTTPInATunnel(t *testing.T) {
	o := openAll(t, nil)
	c := o.connect()
	at := o.origin.Accept()
	for range 2 {
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(ok2)
		c.Expect(ok2)
	}
	x := o.Exchange(2)
	if x.Kind != flow.KindHTTP || x.URL() != o.Text("http://{origin}/a?b") || x.Status != 200 || string(x.RequestHead) != insideGet ||
		string(x.ResponseBody.Bytes) != "ok" ||
		x.TLS != (flow.TLS{}) || x.Remote.String() != o.Text("{origin}") {
		t.Errorf("exchange %+v", x)
	}
	if !o.Exchange(3).Timing.Reused {
		t.Error("the second request shows no reused connection")
	}
	if row := o.Row(func(r flow.Row) bool { return r.ID == 1 }); row.Phase != flow.PhaseResponse || row.TLS.Outcome != flow.TLSPlain ||
		row.TLS.Seen {
		t.Errorf("the tunnel's row %+v", row)
	}
	c.Close()
	if row := o.Finished(1); row.Kind != flow.KindTunnel || row.Failure != flow.FailureNone || !row.Reason.IsZero() ||
		row.TLS.Outcome != flow.TLSPlain {
		t.Errorf("the tunnel's row %+v", row)
	}
}

// Bytes glued to CONNECT, and a request line in pieces, are read as well.
func TestPlainHTTPInATunnelInPieces(t *testing.T) {
	o := openAll(t, nil)
	c := o.Client()
	c.Send(connect + insideGet[:3])
	c.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	c.Send(insideGet[3:9])
	c.Send(insideGet[9:])
	at := o.origin.Accept()
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	long := "GET /" + strings.Repeat("l", 40<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n"
	c = o.Client()
	c.Quiet().Send(connect + long)
	c.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	o.origin.Accept().Quiet()
	o.Row(func(r flow.Row) bool { return len(r.Path) == 40<<10+1 })
}

func TestWebSocketInAPlainTunnel(t *testing.T) {
	o := openAll(t, nil)
	c := o.connect()
	const ask = "GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	c.Send(ask + "frame")
	at := o.origin.Accept()
	at.Expect(ask)
	at.Send(switched)
	c.Expect(switched)
	at.Expect("frame")
	at.Close()
	c.ExpectEnd()
	c.Close()
	if row := o.Finished(2); row.Kind != flow.KindUpgraded || row.Scheme != "http" || row.RequestSize != 5 {
		t.Errorf("row %+v", row)
	}
	if row := o.Finished(1); row.Failure != flow.FailureNone {
		t.Errorf("the tunnel's row %+v", row)
	}
}

// What is not a request line passes with every byte, and soon: who sends it may wait for an answer.
func TestWhatIsNoPlainHTTPPassesOn(t *testing.T) {
	for name, first := range map[string]string{
		"HTTP/2 by prior knowledge":  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		"another version":            "GET / HTTP/2.0\r\n\r\n",
		"HTTP/0.9":                   "GET /\r\n",
		"SSH":                        "SSH-2.0-x\r\n",
		"SMTP":                       "EHLO x\r\n",
		"words without an end":       "JDWP-Handshake",
		"one letter":                 "G",
		"a request line without end": "GET key",
		"a bare line feed":           "GET / HTTP/1.1\nHost: a\n\n",
		"an empty line":              "\r\n",
		"an empty line first":        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"CONNECT":                    "CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n",
		"RTSP":                       "OPTIONS rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
		"binary":                     "\x00\x01\x02",
		"a long word":                strings.Repeat("A", 9000),
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			c := o.connect()
			c.Send(first)
			at := o.origin.Accept()
			at.Expect(first)
			at.Send("answer")
			c.Expect("answer")
			c.Send("GET / HTTP/1.1\r\nhost : x\r\n\r\n") // later bytes are none of ours
			at.Expect("GET / HTTP/1.1\r\nhost : x\r\n\r\n")
			c.Close()
			at.Close()
			if row := o.Finished(1); row.TLS.Outcome != flow.TLSNone || row.Failure != flow.FailureNone ||
				row.RequestSize != int64(len(first)+28) {
				t.Errorf("row %+v", row)
			}
		})
	}
}

func TestPlainRequestLineThatEndsEarly(t *testing.T) {
	o := openAll(t, nil)
	c := o.connect()
	at := o.origin.Accept()
	c.Send("GET")
	c.CloseWrite()
	at.Expect("GET")
	at.ExpectEnd()
	at.Send("late")
	c.Expect("late")
}

// Where the rules do not open the host, plain HTTP is as opaque as anything else.
func TestPlainHTTPInATunnelThatStaysShut(t *testing.T) {
	for name, change := range map[string]func(*decrypt.Options, *proxy.Config){
		"excepted":     func(d *decrypt.Options, _ *proxy.Config) { d.Hosts = []string{"*", "-127.0.0.1"} },
		"not named":    func(d *decrypt.Options, _ *proxy.Config) { d.Hosts = []string{"a.example"} },
		"nothing open": func(d *decrypt.Options, _ *proxy.Config) { d.Hosts = nil },
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, change)
			c := o.connect()
			at := o.origin.Accept()
			const odd = "GET / HTTP/1.1\r\nProxy-Connection : x\r\n\r\n"
			c.Send(odd)
			at.Expect(odd)
			at.Close()
			c.ExpectEnd()
			c.Close()
			if row := o.Finished(1); row.TLS.Outcome != flow.TLSNone || row.RequestSize != int64(len(odd)) {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// The engine's strictness and its own answers hold inside as they do outside.
func TestStrictnessInAPlainTunnel(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"both framings":      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"space in the field": {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
		"no Host":            {"GET / HTTP/1.1\r\n\r\n", 400},
		"authority-form":     {"GET a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			client := o.connect()
			client.Send(c.request)
			client.ExpectN(contentLength(t, client.ExpectStatus(c.status)))
			client.Close()
			if row := o.Finished(2); row.Failure != flow.FailureBadRequest || row.Scheme != "http" || row.Host != o.Text("{origin}") {
				t.Errorf("row %+v", row)
			}
		})
	}
}

func TestPlainTunnelOfAHostThatIsNotRecorded(t *testing.T) {
	o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) { d.NeverRecord = []string{"127.0.0.1"} })
	c := o.connect()
	c.Send(insideGet)
	at := o.origin.Accept()
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	if x := o.Exchange(2); len(x.RequestHead) != 0 || x.Path != "/" && x.Path != "" || len(x.ResponseBody.Bytes) != 0 {
		t.Errorf("exchange %+v", x)
	}
}

// An origin that spoke TLS lately is not dialed before the client has spoken.
func TestPlainHTTPWhereTLSIsKnown(t *testing.T) {
	for name, first := range map[string]string{"HTTP": insideGet, "not": "EHLO x\r\n"} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			c, _, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
			c.Close()
			c = o.connect()
			c.Send(first)
			at := o.origin.Accept()
			at.Expect(first)
			at.Send(ok2)
			c.Expect(ok2)
		})
	}
}

// Through another proxy there is one CONNECT, which the requests inside share.
func TestPlainHTTPInATunnelThroughAnotherProxy(t *testing.T) {
	policy, err := decrypt.New(decrypt.Options{Hosts: []string{"*"}, Minter: proxytest.NewAuthority(t, "CA")})
	if err != nil {
		t.Fatal(err)
	}
	p := proxytest.Start(t)
	up := p.Origin()
	config := chainTo(t, "http://"+up.Addr())
	config.Decrypt = policy
	p.Server.Configure(config)
	for range 2 {
		c := p.Client()
		c.Send("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n")
		at := up.Accept()
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\n\r\n")
		c.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
		for range 3 {
			c.Send(insideGet)
			at.Expect(insideGet)
			at.Send(ok2)
			c.Expect(ok2)
		}
		c.Close()
	}
	x := p.Exchange(2)
	if x.URL() != "http://a.test/a?b" || !strings.HasPrefix(x.Upstream, "http://") {
		t.Errorf("exchange %+v", x)
	}
	c := p.Client() // a request that is not in a tunnel must not get there
	c.Send("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
	up.Accept().Expect("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
}

// The connection that CONNECT made is one like any other to that host and port.
func TestPlainTunnelSharesConnections(t *testing.T) {
	o := openAll(t, nil)
	c := o.connect()
	c.Send(insideGet)
	at := o.origin.Accept()
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	o.Finished(2) // and the connection is given back
	other := o.Client()
	other.Send("GET http://{origin}/other HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Expect("GET /other HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Send(ok2)
	other.Expect(ok2)
}

func TestPlainTunnelToAnOriginThatFails(t *testing.T) {
	o := openAll(t, nil)
	c := o.connect()
	c.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
	at := o.origin.Accept()
	at.ExpectHead()
	at.Close()
	c.ExpectStatus(502)
	if row := o.Finished(2); row.Failure != flow.FailureOriginClosed {
		t.Errorf("row %+v", row)
	}
}

// Shutdown finds a client that waits between two requests inside.
func TestShutdownWithAPlainTunnel(t *testing.T) {
	o := openAll(t, nil)
	c := o.connect()
	c.Send(insideGet)
	at := o.origin.Accept()
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	o.Finished(2)
	if err := o.Shutdown(5 * time.Second); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	c.ExpectEnd()
}
