package proxy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// Where rules answer all that is asked of a host, over TLS too, nothing is dialled or looked up.
func TestRulesAnswerWithoutAnOrigin(t *testing.T) {
	o := openRuled(t, "[[rule]]\nwhen='host:127.0.0.1'\nanswer.text='mock'")
	client := o.connect()
	client.StartClientTLS(o.client("h2", "http/1.1"))
	for range 2 {
		client.Send("GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n")
		client.ExpectStatus(200)
		client.Expect("mock")
	}
	o.origin.NotAsked()
	if row := o.Finished(2); row.Effects&flow.EffectAnswered == 0 || row.Scheme != "https" || row.Failure != 0 ||
		row.TLS.Outcome != flow.TLSDecrypted {
		t.Errorf("%+v", row)
	}
	o.Server.Configure(proxy.Config{Decrypt: o.policy}) // the rules are off: the client asks again, over another connection
	client.Send("GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n")
	client.ExpectGone()
	if row := o.Finished(4); row.Reason.Code != reason.RuleUndialled {
		t.Errorf("%+v", row)
	}
}

// A host that is not there is answered for by rules, and led elsewhere; what no rule is for fails.
func TestRulesDoWithoutAnUnreachableOrigin(t *testing.T) {
	o := openRuled(t, "[[rule]]\nwhen='path:/mock'\nanswer.text='mock'\n[[rule]]\nwhen='path:/else'\nsend = { host = 'localhost', "+
		"port = {port} }")
	client := o.connectTo("nowhere.invalid:443")
	client.ExpectStatus(200)
	client.StartClientTLS(o.client("http/1.1"))
	client.Send("GET /mock HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	client.ExpectStatus(200)
	client.Expect("mock")
	client.Send("GET /else HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	at := o.origin.Accept()
	at.StartServerTLS(o.server("http/1.1"))
	at.Expect("GET /else HTTP/1.1\r\nHost: localhost:" + fmt.Sprint(o.origin.Port()) + "\r\n\r\n")
	at.Send(ok2)
	client.Expect(ok2)
	client.Send("GET /none HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	client.ExpectStatus(502)
	if row := o.Finished(4); row.Failure != flow.FailureResolve {
		t.Errorf("%+v", row)
	}
}

// Without a rule for it, such a host fails before TLS, as ever.
func TestRulesLeaveOtherUnreachableOrigins(t *testing.T) {
	o := openRuled(t, "[[rule]]\nwhen='host:other'\nanswer.text='mock'")
	o.connectTo("nowhere.invalid:443").ExpectStatus(502)
}

// Over HTTP/2 likewise.
func TestRulesAnswerWithoutAnOriginOverHTTP2(t *testing.T) {
	set := ruleSet(t, "[[rule]]\nwhen='host:127.0.0.1'\nanswer.text='mock'")
	route := h2test.Through(t, func(_ *decrypt.Options, c *proxy.Config) { c.Rules = set })
	conn, err := route.DialTLS(route.ClientTLS("h2"))
	if err != nil {
		t.Fatal(err)
	}
	client := h2test.NewClient(t, "client", conn).KeepHouse()
	client.Start()
	client.Send(client.Headers(1, asked...).End())
	head := client.ExpectHead(1, ":status: 200")
	client.ExpectBody(1, "mock")
	if !slices.Contains(h2test.Lines(head.Fields), "content-length: 4") {
		t.Error(h2test.Lines(head.Fields))
	}
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Kind == flow.KindHTTP && r.Phase.Final() })
	if row.Remote.IsValid() || !strings.Contains(row.Proto, "2") {
		t.Errorf("%+v", row)
	}
}
