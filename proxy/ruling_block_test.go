package proxy_test

import (
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// Requests in an opened tunnel are blocked one by one, each way, and the origin hears nothing of it.
func TestRulesBlockInsideAnOpenedTunnel(t *testing.T) {
	for way, expect := range map[string]func(*proxytest.Conn){"403": blocks["403"], "close": (*proxytest.Conn).ExpectNotifiedEnd,
		"reset": (*proxytest.Conn).ExpectReset} {
		t.Run(way, func(t *testing.T) {
			o := openRuled(t, "[[rule]]\nwhen='host:127.0.0.1 path:/b'\nblock='"+way+"'")
			c := o.connect()
			c.StartClientTLS(o.client("http/1.1"))
			c.Send(insideGet)
			at := o.origin.Accept()
			at.StartServerTLS(o.server("http/1.1"))
			at.Expect(insideGet)
			at.Send(ok2)
			c.Expect(ok2)
			c.Send("GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n")
			expect(c)
			if row := o.Finished(3); row.Effects != flow.EffectApplied|flow.EffectBlocked || row.Path != "/b" ||
				row.Reason.Code != reason.RuleBlocked {
				t.Errorf("%+v", row)
			}
			if way != "403" {
				at.ExpectGone()
			}
		})
	}
}

// Over HTTP/2 it is the stream that is blocked, each way; the others go on.
func TestRulesBlockOverHTTP2(t *testing.T) {
	for way, code := range map[string]http2.ErrCode{"403": http2.ErrCodeNo, "close": http2.ErrCodeCancel, "reset": http2.ErrCodeInternal} {
		t.Run(way, func(t *testing.T) {
			route := ruledRoute(t, "[[rule]]\nwhen='path:/b'\nblock='"+way+"'")
			client, origin := route.Started()
			client.Send(client.Headers(1, on("GET", "/a")...).End())
			origin.ExpectFields(1, on("GET", "/a")...)
			client.Send(client.Headers(3, on("POST", "/b")...), h2test.Data(3, "body").End())
			if way == "403" {
				client.ExpectHead(3, ":status: 403")
				client.Until("its end", func(f h2test.Frame) bool { return f.Stream == 3 && f.Flags&h2test.EndStream != 0 })
			} else {
				client.UntilReset(3, code)
			}
			origin.Send(origin.Headers(1, ":status: 204").End())
			client.Until("the answer to the other", func(f h2test.Frame) bool { return f.Stream == 1 && f.Flags&h2test.EndStream != 0 })
			row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/b" && r.Phase.Final() })
			if row.Effects != flow.EffectApplied|flow.EffectBlocked || row.Reason.Code != reason.RuleBlocked {
				t.Errorf("%+v", row)
			}
			client.Send(client.Headers(5, on("GET", "/c")...).End())
			origin.ExpectFields(5, on("GET", "/c")...)
		})
	}
}
