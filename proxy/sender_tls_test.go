package proxy_test

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
	"posthouse/proxy/upstream"
)

// What passed in a tunnel passes again with the same bytes and the same ClientHello; once
// that is no longer known the row says that it went with Posthouse's own.
func TestResentInsideTLSIsTheSame(t *testing.T) {
	o := openAll(t, func(_ *decrypt.Options, c *proxy.Config) { c.Hellos = new(clienthello.Kept) })
	client := o.client("http/1.1")
	client.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	c, at, _ := o.shake(client, o.server("http/1.1"))
	const asked = "POST /a?b HTTP/1.1\r\nhost: other.example\r\nX-Odd:  Case \r\nConnection: keep-alive, X\r\n" +
		"content-length:  5\r\n\r\nhello"
	c.Send(asked)
	at.Expect(asked)
	at.Send(ok2)
	c.Expect(ok2)
	was := o.Finished(2)
	x := o.Exchange(2)
	m, err := outgoing.FromExchange(&x)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]outgoing.Message{"as a client": m, "as it stands": o.Server.Editable(m)} {
		s := send(t, o.Proxy, m)
		at := o.origin.Accept()
		at.StartServerTLS(o.server("http/1.1"))
		if sni := at.TLS().ConnectionState().ServerName; sni != "a.example" {
			t.Errorf("%s: the origin got SNI %q", name, sni)
		}
		at.Expect(asked)
		at.Send(ok2)
		r := result(t, s)
		if r.Row.TLS.OriginJA4 != was.TLS.OriginJA4 || r.Row.TLS.Deviation&flow.DeviationOwn != 0 || r.Row.URL() != was.URL() ||
			r.Row.TLS.Outcome != flow.TLSDecrypted || !r.Row.Reason.IsZero() {
			t.Errorf("%s: the row is %+v", name, r.Row)
		}
	}
	m.JA4[0]++ // as if another had come since
	s := send(t, o.Proxy, m)
	at = o.origin.Accept()
	at.StartServerTLS(o.server("http/1.1"))
	at.Expect(asked)
	at.Send(ok2)
	if r := result(t, s); r.Row.Reason.Code != reason.SendOwnHello || r.Row.TLS.Deviation&flow.DeviationOwn == 0 ||
		r.Row.TLS.OriginJA4 == was.TLS.OriginJA4 {
		t.Errorf("the row is %+v", r.Row)
	}
}

// Certificates of origins are judged as for any request, and where nothing is decrypted too.
func TestOwnRequestJudgesCertificates(t *testing.T) {
	issuer := proxytest.NewAuthority(t, "Origins' CA")
	policy, err := decrypt.New(decrypt.Options{Roots: issuer.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range []bool{true, false} {
		var config proxy.Config
		if known {
			config.OwnTLS = func() *decrypt.Policy { return policy }
		}
		p := proxytest.StartWith(t, proxytest.Options{Config: config})
		origin := p.Origin()
		server := &tls.Config{Certificates: []tls.Certificate{issuer.Issue(t, nil)}}
		m := composed(p, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "")
		m.Scheme, m.ServerName = "https", "a.example"
		s := send(t, p, m)
		at := origin.Accept()
		if known {
			at.StartServerTLS(server)
			at.ExpectHead()
			at.Send(ok2)
		} else if _, err := at.TryServerTLS(server); err == nil {
			t.Error("a certificate of an authority that is not known was accepted")
		}
		if r := result(t, s); r.Failed() == known || !known && r.Row.Failure != flow.FailureTLS {
			t.Errorf("known %v: it fared %+v", known, r.Row)
		}
	}
}

// Through the upstream proxy a head goes as it stands but for what that proxy must be told.
func TestOwnRequestThroughUpstream(t *testing.T) {
	next := proxytest.Start(t)
	hop := next.Origin()
	via, err := upstream.ParseProxy("http://u:p@" + hop.Addr())
	if err != nil {
		t.Fatal(err)
	}
	chain, err := upstream.NewChain(via, []string{"<-loopback>"})
	if err != nil {
		t.Fatal(err)
	}
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Upstream: chain}})
	origin := p.Origin()
	m := composed(p, "GET /a HTTP/1.1\r\nhOST: {origin}\r\nConnection: X\r\nX:1\r\n\r\n", "")
	s := send(t, p, m)
	at := hop.Accept()
	at.Expect(p.Text("GET http://{origin}/a HTTP/1.1\r\nProxy-Authorization: Basic dTpw\r\nhOST: {origin}\r\nConnection: X\r\nX:1\r\n\r\n"))
	at.Send(ok2)
	if r := result(t, s); r.Row.Upstream == "" || r.Row.Path != "/a" || r.Failed() {
		t.Errorf("it fared %+v", r.Row)
	}
	m.Direct = true
	s = send(t, p, m)
	direct := origin.Accept()
	direct.Expect("GET /a HTTP/1.1\r\nhOST: {origin}\r\nConnection: X\r\nX:1\r\n\r\n")
	direct.Send(ok2)
	if r := result(t, s); r.Row.Upstream != "" {
		t.Errorf("it fared %+v", r.Row)
	}
}

// Rules apply where they are asked, and the row says where none can be.
func TestOwnRequestAndRules(t *testing.T) {
	set, err := rules.Load("rules.toml", []byte("[[rule]]\nname = \"r\"\nwhen = \"is:own\"\nrequest.set = [\"X-Rule: 1\"]\n"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Rules: set}})
	origin := p.Origin()
	m := composed(p, "POST / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 9\r\n\r\n", "hi")
	for _, ruled := range []bool{true, false} {
		m.Rules = ruled
		s := send(t, p, m)
		at := origin.Accept()
		want := "POST / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 9\r\n"
		if ruled {
			want += "X-Rule: 1\r\n"
		}
		at.Expect(want + "\r\nhi")
		at.Send(ok2)
		if r := result(t, s); r.Row.Effects != 0 != ruled || r.Failed() {
			t.Errorf("ruled %v: %+v", ruled, r.Row)
		}
		at.Close()
	}
	m = composed(p, "POST / HTTP/1.1\r\nHost: {origin}\r\nA B: 1\r\n\r\n", "")
	m.Rules = true
	s := send(t, p, m)
	at := origin.Accept()
	at.Expect("POST / HTTP/1.1\r\nHost: {origin}\r\nA B: 1\r\n\r\n")
	at.Send(ok2)
	if r := result(t, s); r.Row.Reason.Code != reason.SendUnruled {
		t.Errorf("it fared %+v", r.Row)
	}
}

// What a client sent to the proxy becomes, for the editor, what the origin got.
func TestEditableIsWhatTheOriginGot(t *testing.T) {
	p := proxytest.Start(t)
	_ = p.Origin()
	m := composed(p, "GET http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\nProxy-Connection: keep-alive\r\nB: 1\r\n\r\n", "")
	m.AsClient = true
	m = p.Server.Editable(m)
	if want := p.Text("GET /a HTTP/1.1\r\nHost: {origin}\r\nB: 1\r\n\r\n"); string(m.Head) != want || m.AsClient {
		t.Errorf("it is %q", m.Head)
	}
}

// A connection that becomes another protocol is the sender's to speak over, or is closed.
func TestOwnUpgrade(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	const head = "GET /chat HTTP/1.1\r\nHost: {origin}\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
	const switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
	m := composed(p, head, "")
	m.KeepOpen = true
	s := send(t, p, m)
	at := origin.Accept()
	at.Expect(head)
	at.Send(switched + "early")
	conn := <-s.Upgraded()
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	at.Expect("hello")
	at.Send("more")
	b := make([]byte, 9)
	if _, err := io.ReadFull(conn, b); err != nil || string(b) != "earlymore" {
		t.Errorf("it read %q, %v", b, err)
	}
	_ = conn.Close()
	at.ExpectGone()
	if r := result(t, s); r.Failed() || r.Row.Kind != flow.KindUpgraded || r.Row.RequestSize != 5 || r.Row.ResponseSize != 9 {
		t.Errorf("it fared %+v", r.Row)
	}
	m.KeepOpen = false
	s = send(t, p, m)
	at = origin.Accept()
	at.Expect(head)
	at.Send(switched)
	at.ExpectGone()
	if r := result(t, s); r.Failed() || r.Row.Reason.Code != reason.SendClosed {
		t.Errorf("it fared %+v", r.Row)
	}
}

func TestMessagesThatCannotBeSent(t *testing.T) {
	p := proxytest.Start(t)
	good := composed(p, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "")
	for name, change := range map[string]func(*outgoing.Message){
		"scheme":  func(m *outgoing.Message) { m.Scheme = "ftp" },
		"no host": func(m *outgoing.Message) { m.Host = "" },
		"host":    func(m *outgoing.Message) { m.Host = "a b" },
		"newline": func(m *outgoing.Message) { m.Host = "a\r\nb" },
		"h2c":     func(m *outgoing.Message) { m.Protocol, m.Fields = outgoing.HTTP2, []outgoing.Field{{Name: ":method"}} },
		"empty":   func(m *outgoing.Message) { m.Head = nil },
		"CONNECT": func(m *outgoing.Message) { m.Head = []byte("CONNECT a:1 HTTP/1.1\r\n\r\n") },
		"follow":  func(m *outgoing.Message) { m.Follow = 1000 },
	} {
		m := good
		change(&m)
		if _, err := p.Server.Send(t.Context(), m); err == nil {
			t.Errorf("%s: it is sent", name)
		} else if _, explained := err.(flow.Explained); !explained || strings.TrimSpace(err.Error()) == "" {
			t.Errorf("%s: %v has no words", name, err)
		}
	}
}
