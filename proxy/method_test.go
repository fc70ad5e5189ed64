package proxy_test

import (
	"slices"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

const methodRule = `[[rule]]
name = "M"
when = "path:/post"
request.method = "POST"
[[rule]]
name = "G"
when = "path:/get"
request.method = "GET"`

// A rule gives a request another method; how it is framed stays clear.
func TestRulesChangeTheMethod(t *testing.T) {
	for name, c := range map[string]struct {
		sent, went string
		effects    flow.Effects
	}{
		"none becomes an empty one": {"GET http://{origin}/post HTTP/1.1\r\nHost: {origin}\r\n\r\n",
			"POST /post HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n", flow.EffectApplied | flow.EffectRequest},
		"a body stays": {"PUT http://{origin}/post HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi",
			"POST /post HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi", flow.EffectApplied | flow.EffectRequest},
		"the same": {"POST http://{origin}/post HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi",
			"POST /post HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi", flow.EffectApplied},
		"no body for GET": {"POST http://{origin}/get HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi",
			"POST /get HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi", flow.EffectApplied | flow.EffectFailed},
		"an empty one to GET": {"DELETE http://{origin}/get HTTP/1.1\r\nHost: {origin}\r\n\r\n",
			"GET /get HTTP/1.1\r\nHost: {origin}\r\n\r\n", flow.EffectApplied | flow.EffectRequest},
	} {
		t.Run(name, func(t *testing.T) {
			p := ruled(t, methodRule)
			origin, client := p.Origin(), p.Client()
			client.Send(c.sent)
			at := origin.Accept()
			at.Expect(c.went)
			at.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			if row := p.Finished(1); row.Effects != c.effects {
				t.Errorf("%+v", row)
			}
		})
	}
}

// A request that is made a GET has no body put into it either, where its own said that it is empty.
func TestRulesPutNoBodyIntoWhatBecomesAGet(t *testing.T) {
	p := ruled(t, "[[rule]]\nname='G'\nwhen='path:/a'\nrequest.method='GET'\nrequest.body.text='hi'")
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n")
	at := origin.Accept()
	at.Expect("GET /a HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	if row := p.Finished(1); row.Effects != flow.EffectApplied|flow.EffectRequest|flow.EffectFailed ||
		!slices.ContainsFunc(did(p), func(r flow.ReasonCode) bool { return r == reason.RuleFailed }) {
		t.Errorf("%+v %v", row, did(p))
	}
}

// A response to HEAD has no body: no rule has a request be one, or be none any longer.
func TestRulesLeaveMethodsThatFrame(t *testing.T) {
	p := ruled(t, methodRule)
	origin, client := p.Origin(), p.Client()
	client.Send("HEAD http://{origin}/post HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.Expect("HEAD /post HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
	if row := p.Finished(1); row.Effects != flow.EffectApplied|flow.EffectFailed {
		t.Errorf("%+v", row)
	}
}

func TestRulesChangeTheMethodOverHTTP2(t *testing.T) {
	route := ruledRoute(t, methodRule)
	client, origin := route.Started()
	client.Send(client.Headers(1, ":method: GET", ":scheme: https", ":authority: a.example", ":path: /post").End())
	origin.ExpectFields(1, ":method: POST", ":scheme: https", ":authority: a.example", ":path: /post")
	origin.Send(origin.Headers(1, ":status: 204").End())
	client.ExpectFields(1, ":status: 204")
	post := []string{":method: POST", ":scheme: https", ":authority: a.example", ":path: /get"}
	client.Send(client.Headers(3, slices.Clone(post)...)) // its body is to come
	origin.ExpectFields(3, post...)
	origin.Send(origin.Headers(3, ":status: 204").End())
	client.ExpectFields(3, ":status: 204")
	for path, effects := range map[string]flow.Effects{"/post": flow.EffectApplied | flow.EffectRequest,
		"/get": flow.EffectApplied | flow.EffectFailed} {
		row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == path && r.Effects != 0 })
		if row.Effects != effects || row.Method != map[string]string{"/post": "GET", "/get": "POST"}[path] {
			t.Errorf("%+v", row)
		}
	}
}
