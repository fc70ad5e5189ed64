package proxy_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// ruledTo is a proxy with rules that name an origin as {origin} and its port as {port}.
func ruledTo(t *testing.T, text string) (*proxytest.Proxy, *proxytest.Origin) {
	t.Helper()
	p := proxytest.Start(t)
	origin := p.Origin()
	text = strings.NewReplacer("{origin}", origin.Addr(), "{port}", fmt.Sprint(origin.Port())).Replace(text)
	p.Server.Configure(proxy.Config{Rules: ruleSet(t, text)})
	return p, origin
}

// openRuled is a proxy that opens tunnels, with rules as ruledTo has them.
func openRuled(t *testing.T, text string) *opener {
	t.Helper()
	o := openAll(t, nil)
	text = strings.NewReplacer("{origin}", o.origin.Addr(), "{port}", fmt.Sprint(o.origin.Port())).Replace(text)
	o.Server.Configure(proxy.Config{Decrypt: o.policy, Rules: ruleSet(t, text)})
	return o
}

func codesOf(did []flow.Reason) (codes []flow.ReasonCode) {
	for _, r := range did {
		codes = append(codes, r.Code)
	}
	return codes
}

// A plain request goes to another origin, with its path; the row says what was asked and where it went.
func TestRulesSendElsewhere(t *testing.T) {
	p, origin := ruledTo(t, `[[rule]]
name = "Stage"
when = "host:=nowhere.invalid"
send = { host = "127.0.0.1", port = {port}, find = "/^\\/v1/", with = "/v2" }`)
	client := p.Client()
	client.Send("GET http://nowhere.invalid/v1/a?b=c%20d HTTP/1.1\r\nHost: nowhere.invalid\r\nX-One:  1\r\n\r\n")
	at := origin.Accept()
	at.Expect("GET /v2/a?b=c%20d HTTP/1.1\r\nHost: {origin}\r\nX-One:  1\r\n\r\n")
	at.Send(ok2)
	client.Expect(ok2)
	row := p.Finished(1)
	if row.URL() != "http://nowhere.invalid/v1/a?b=c%20d" || row.Remote.String() != origin.Addr() ||
		row.Effects != flow.EffectApplied|flow.EffectRequest {
		t.Errorf("%+v", row)
	}
	x := p.Exchange(1)
	if want := "GET http://" + origin.Addr() + "/v2/a?b=c%20d HTTP/1.1\r\nHost: " + origin.Addr() + "\r\n"; !strings.HasPrefix(string(
		x.Ruled.Request), want) || !strings.Contains(string(x.RequestHead), "nowhere.invalid/v1") {
		t.Errorf("%q %q", x.RequestHead, x.Ruled.Request)
	}
	if want := []flow.ReasonCode{reason.RuleSent, reason.RuleRequest}; !slices.Equal(did(p), want) {
		t.Error(did(p))
	}
}

// Host stays where that is asked for, and the path is another.
func TestRulesSendWithTheHostOfBefore(t *testing.T) {
	p, origin := ruledTo(t, `[[rule]]
send = { host = "127.0.0.1", port = {port}, path = "/x", keep_host = true }`)
	client := p.Client()
	client.Send("GET http://nowhere.invalid:81/v1?q HTTP/1.1\r\nHost: nowhere.invalid:81\r\n\r\n")
	at := origin.Accept()
	at.Expect("GET /x?q HTTP/1.1\r\nHost: nowhere.invalid:81\r\n\r\n")
	at.Send(ok2)
	client.Expect(ok2)
}

// An address is dialled in place of a name, and nothing else is changed; the connection is used again.
func TestRulesResolve(t *testing.T) {
	p, origin := ruledTo(t, "[[rule]]\nname='R'\nwhen='host:nowhere'\nresolve = '{origin}'")
	client := p.Client()
	var at *proxytest.Conn
	for i := range 2 {
		client.Send("GET http://nowhere.invalid/a HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
		if i == 0 {
			at = origin.Accept()
		}
		at.Expect("GET /a HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
		at.Send(ok2)
		client.Expect(ok2)
	}
	row := p.Finished(1)
	if row.Effects != flow.EffectApplied || row.Modified() || row.Remote.String() != origin.Addr() ||
		!slices.Equal(did(p), []flow.ReasonCode{reason.RuleResolved}) {
		t.Errorf("%+v %v", row, did(p))
	}
}

// What a rule sends to Posthouse itself is refused.
func TestRulesSendNoLoop(t *testing.T) {
	p := proxytest.Start(t)
	_, port, _ := net.SplitHostPort(p.Addr())
	for _, text := range []string{"send = { host = '127.0.0.1', port = " + port + " }", "resolve = '127.0.0.1:" + port + "'"} {
		p.Server.Configure(proxy.Config{Rules: ruleSet(t, "[[rule]]\n"+text)})
		client := p.Client()
		client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
		client.ExpectStatus(508)
	}
}

// A tunnel that is not opened is dialled elsewhere, and its bytes pass.
func TestRulesSendTunnels(t *testing.T) {
	for name, text := range map[string]string{"send": "send = { host = '127.0.0.1', port = {port} }", "resolve": "resolve = '{origin}'"} {
		t.Run(name, func(t *testing.T) {
			p, origin := ruledTo(t, "[[rule]]\nwhen='host:nowhere'\n"+text)
			client := p.Client()
			client.Send("CONNECT nowhere.invalid:443 HTTP/1.1\r\nHost: nowhere.invalid:443\r\n\r\n")
			at := origin.Accept()
			client.ExpectStatus(200)
			client.Send("hello")
			at.Expect("hello")
			at.Send("there")
			client.Expect("there")
			client.Close()
			at.Close()
			if row := p.Finished(1); row.Host != "nowhere.invalid:443" || row.Remote.String() != origin.Addr() || row.Effects == 0 {
				t.Errorf("%+v", row)
			}
		})
	}
}

// A condition that asks for more than the host leaves a tunnel where it is for.
func TestRulesLeaveTunnelsOfWhichTheyDoNotTell(t *testing.T) {
	p := proxytest.Start(t)
	p.Server.Configure(proxy.Config{Rules: ruleSet(t, "[[rule]]\nwhen='path:/x'\nblock = 'reset'\n[[rule]]\nwhen='host:x "+
		"path:/'\nresolve='9.9.9.9'")})
	origin, client := p.Origin(), p.Client()
	client.Send(connect)
	at := origin.Accept()
	client.ExpectStatus(200)
	client.Close()
	at.ExpectEnd()
	at.Close()
	if row := p.Finished(1); row.Effects != 0 {
		t.Errorf("%+v", row)
	}
}

// Each way to block, for a tunnel that is not opened. Its host is not looked up.
func TestRulesBlockTunnels(t *testing.T) {
	for way, expect := range blocks {
		t.Run(way, func(t *testing.T) {
			p := ruled(t, "[[rule]]\nname='No'\nwhen='host:nowhere'\nblock='"+way+"'")
			client := p.Client()
			client.Send("CONNECT nowhere.invalid:443 HTTP/1.1\r\nHost: nowhere.invalid:443\r\n\r\n")
			expect(client)
			if row := p.Finished(1); row.Kind != flow.KindTunnel || row.Effects != flow.EffectApplied|flow.EffectBlocked ||
				row.Reason.Code != reason.RuleBlocked {
				t.Errorf("%+v", row)
			}
		})
	}
	t.Run("hang", func(t *testing.T) {
		p := ruled(t, "[[rule]]\nwhen='host:nowhere'\nblock='hang'")
		client := p.Client()
		client.Send("CONNECT nowhere.invalid:443 HTTP/1.1\r\nHost: nowhere.invalid:443\r\n\r\n")
		p.Row(func(r flow.Row) bool { return r.Effects&flow.EffectBlocked != 0 })
		client.Close()
		p.Finished(1)
	})
}

// What is in a tunnel that was to be opened and is none of HTTP is blocked too.
func TestRulesBlockWhatIsNotHTTP(t *testing.T) {
	o := openRuled(t, "[[rule]]\nwhen='host:127.0.0.1'\nblock='close'")
	client := o.connect()
	client.Send("SSH-2.0-x\r\n")
	client.ExpectGone()
	o.origin.NotAsked()
	if row := o.Finished(1); row.Effects&flow.EffectBlocked == 0 || row.Reason.Code != reason.RuleBlocked {
		t.Errorf("%+v", row)
	}
}

// A rule decides whether a tunnel is opened, before the settings do.
func TestRulesDecideWhatIsOpened(t *testing.T) {
	o := openRuled(t, "[[rule]]\nwhen='host:127.0.0.1'\ndecrypt = false")
	client := o.connect()
	at := o.origin.Accept()
	client.Send("\x16\x03\x01")
	at.Expect("\x16\x03\x01")
	if row := o.Row(func(r flow.Row) bool { return r.Kind == flow.KindTunnel }); row.Effects != flow.EffectApplied {
		t.Errorf("%+v", row)
	}
	client.Close()
	at.Close()
	if got := codesOf(o.Exchange(1).Ruled.Did); !slices.Equal(got, []flow.ReasonCode{reason.RulePassed}) {
		t.Error(got)
	}

	listed := openAll(t, func(d *decrypt.Options, c *proxy.Config) {
		d.Hosts = nil
		c.Rules = ruleSet(t, "[[rule]]\nwhen='host:127.0.0.1'\ndecrypt = true")
	})
	c, far, _ := listed.shake(listed.client("http/1.1"), listed.server("http/1.1"))
	c.Send(insideGet)
	far.Expect(insideGet)
	c.Close()
	if got := codesOf(listed.Exchange(1).Ruled.Did); !slices.Equal(got, []flow.ReasonCode{reason.RuleOpened}) {
		t.Error(got)
	}
}

// Without a certificate authority nothing is opened, and the row says so.
func TestRulesOpenNothingWithoutAnAuthority(t *testing.T) {
	p := ruled(t, "[[rule]]\ndecrypt = true")
	origin, client := p.Origin(), p.Client()
	client.Send(connect)
	at := origin.Accept()
	client.ExpectStatus(200)
	client.Close()
	at.Close()
	if row := p.Finished(1); row.Effects&flow.EffectFailed == 0 {
		t.Errorf("%+v", row)
	}
}

// What a rule keeps out of the recording leaves a row without contents, over each kind.
func TestRulesRecordNothing(t *testing.T) {
	p := ruled(t, "[[rule]]\nname='Private'\nwhen='path:/secret'\nrecord = false")
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/secret HTTP/1.1\r\nHost: {origin}\r\nCookie: a\r\nContent-Length: 2\r\n\r\nhi")
	at := origin.Accept()
	at.Expect("POST /secret HTTP/1.1\r\nHost: {origin}\r\nCookie: a\r\nContent-Length: 2\r\n\r\nhi")
	at.Send(ok2)
	client.Expect(ok2)
	p.Finished(1)
	x := p.Exchange(1)
	if strings.Contains(string(x.RequestHead)+x.Path, "secret") || len(x.ResponseHead) > 0 || x.Status != 200 {
		t.Errorf("%q %q", x.RequestHead, x.ResponseHead)
	}
	if !slices.Equal(did(p), []flow.ReasonCode{reason.RuleUnkept}) {
		t.Error(did(p))
	}
}

// In an opened tunnel a request goes to another origin: with TLS, and without.
func TestRulesSendElsewhereInside(t *testing.T) {
	o := openRuled(t, `[[rule]]
when = "path:/plain"
send = { scheme = "http", port = {port} }
[[rule]]
when = "path:/tls"
send = { host = "localhost", port = {port} }`)
	c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
	c.Send("GET /here HTTP/1.1\r\nHost: a.example\r\n\r\n")
	at.ExpectHead()
	at.Send(ok2)
	c.Expect(ok2)

	c.Send("GET /plain?x HTTP/1.1\r\nHost: a.example\r\nConnection: keep-alive\r\n\r\n")
	plain := o.origin.Accept()
	plain.Expect("GET /plain?x HTTP/1.1\r\nHost: a.example\r\n\r\n") // whose origin is the same host and port
	plain.Send(ok2)
	c.Expect(ok2)
	if row := o.Finished(3); row.Effects&flow.EffectRequest == 0 || row.Scheme != "https" {
		t.Errorf("%+v", row)
	}

	for i := range 2 {
		c.Send("GET /tls HTTP/1.1\r\nHost: a.example\r\n\r\n")
		if i == 0 {
			at = o.origin.Accept()
			if state := at.StartServerTLS(o.server("http/1.1")); state.ServerName != "localhost" {
				t.Errorf("asked for %q", state.ServerName)
			}
		}
		at.Expect("GET /tls HTTP/1.1\r\nHost: localhost:" + fmt.Sprint(o.origin.Port()) + "\r\n\r\n")
		at.Send(ok2)
		c.Expect(ok2)
	}
}

// A plain request goes on with TLS.
func TestRulesSendPlainOverTLS(t *testing.T) {
	o := openRuled(t, "[[rule]]\nsend = { scheme = 'https', host = 'localhost', port = {port}, keep_host = true }")
	client := o.Client()
	client.Send("GET http://nowhere.invalid/a HTTP/1.1\r\nHost: nowhere.invalid\r\nProxy-Connection: keep-alive\r\n\r\n")
	at := o.origin.Accept()
	at.StartServerTLS(o.server("http/1.1"))
	at.Expect("GET /a HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	at.Send(ok2)
	client.Expect(ok2)
	if row := o.Finished(1); row.URL() != "http://nowhere.invalid/a" || row.TLS.Outcome != flow.TLSDecrypted {
		t.Errorf("%+v", row)
	}
}

// A certificate that does not pass is not passed over because a rule leads there.
func TestRulesSendToNoUntrustedOrigin(t *testing.T) {
	o := openRuled(t, "[[rule]]\nsend = { scheme = 'https', host = 'localhost', port = {port} }")
	client := o.Client()
	client.Send("GET http://nowhere.invalid/a HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	at := o.origin.Accept()
	_, _ = at.TryServerTLS(&tls.Config{Certificates: []tls.Certificate{(*proxytest.Authority)(nil).Issue(t, nil)}})
	client.ExpectStatus(502)
	if row := o.Finished(1); row.Failure != flow.FailureTLS {
		t.Errorf("%+v", row)
	}
}

// A tunnel to a host that is not there is opened and leads elsewhere: with the name, or without.
func TestRulesMoveOpenedTunnels(t *testing.T) {
	for name, c := range map[string]struct{ rule, host, sni string }{
		"send":     {"send = { host = 'localhost', port = {port} }", "localhost:{port}", "localhost"},
		"keep_sni": {"send = { host = 'localhost', port = {port}, keep_host = true, keep_sni = true }", "x.example", "a.example"},
		"resolve":  {"resolve = '{origin}'", "x.example", "a.example"},
	} {
		for _, protocol := range []string{"http/1.1"} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				o := openRuled(t, "[[rule]]\nwhen='host:nowhere'\n"+c.rule)
				client := o.connectTo("nowhere.invalid:443")
				client.ExpectStatus(200)
				client, at, _ := o.shakeOn(client, o.client(protocol), o.server(protocol))
				if sni := at.TLS().ConnectionState().ServerName; sni != c.sni {
					t.Errorf("asked for %q", sni)
				}
				for range 2 {
					client.Send("GET /a HTTP/1.1\r\nHost: x.example\r\n\r\n")
					at.Expect("GET /a HTTP/1.1\r\nHost: " + strings.ReplaceAll(c.host, "{port}", fmt.Sprint(o.origin.Port())) + "\r\n\r\n")
					at.Send(ok2)
					client.Expect(ok2)
				}
				if row := o.Finished(2); row.Host != "nowhere.invalid" || row.Remote.String() != o.origin.Addr() || row.Effects == 0 {
					t.Errorf("%+v", row)
				}
			})
		}
	}
}

// Over HTTP/2 what asks for the host alone moves the connection; all else stays, and says so.
func TestRulesSendElsewhereOverHTTP2(t *testing.T) {
	route := h2test.Through(t, nil)
	to := fmt.Sprintf("localhost', port = %s", route.Addr()[strings.LastIndexByte(route.Addr(), ':')+1:])
	set := ruleSet(t, "[[rule]]\nwhen='host:127.0.0.1'\nsend = { host = '"+to+` }
[[rule]]
name = "Path"
when = "path:/x"
send = { host = "nowhere.invalid", path = "/y" }`)
	route.Configure(func(c *proxy.Config) { c.Rules = set })
	client, origin := route.Started()
	client.Send(client.Headers(1, asked...).End())
	host := "localhost" + route.Addr()[strings.LastIndexByte(route.Addr(), ':'):]
	origin.ExpectFields(1, ":method: GET", ":scheme: https", ":authority: "+host, ":path: /")
	client.Send(client.Headers(3, append(slices.Clone(asked[:3]), ":path: /x")...).End())
	origin.ExpectFields(3, ":method: GET", ":scheme: https", ":authority: "+host, ":path: /x")
	origin.Send(origin.Headers(3, ":status: 200").End())
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/x" && r.Effects != 0 })
	x := route.Proxy.Exchange(row.ID)
	if !slices.Contains(codesOf(x.Ruled.Did), reason.RuleElse) || row.Effects&flow.EffectFailed == 0 {
		t.Errorf("%+v %v", row, codesOf(x.Ruled.Did))
	}
}
