package proxy_test

import (
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

const corsRule = "[[rule]]\nname='CORS'\nwhen='host:nowhere | path:/api'\ncors = true\n"

// A preflight is answered here, whatever another rule answers; the origin is not contacted.
func TestRulesAnswerPreflights(t *testing.T) {
	p := ruled(t, "[[rule]]\nwhen='host:nowhere'\nanswer.text='[]'\n"+corsRule)
	client := p.Client()
	client.Send("OPTIONS http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\nOrigin: https://page.example\r\n" +
		"Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-one,content-type\r\n" +
		"Access-Control-Request-Private-Network: true\r\n\r\n")
	head := client.ExpectStatus(204)
	for _, line := range []string{"Access-Control-Allow-Origin: https://page.example", "Access-Control-Allow-Methods: PUT",
		"Access-Control-Allow-Headers: x-one,content-type", "Access-Control-Allow-Credentials: true",
		"Access-Control-Allow-Private-Network: true", "Vary: Origin"} {
		if strings.Count(head, "\r\n"+line+"\r\n") != 1 {
			t.Errorf("%q lacks %q", head, line)
		}
	}
	client.Send("PUT http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\nOrigin: null\r\nContent-Length: 0\r\n\r\n")
	head = client.ExpectStatus(200)
	if !strings.Contains(head, "\r\nAccess-Control-Allow-Origin: null\r\n") {
		t.Errorf("%q", head)
	}
	client.Expect("[]")
	if row := p.Finished(1); row.Effects&flow.EffectAnswered == 0 || row.Remote.IsValid() {
		t.Errorf("%+v", row)
	}
}

// What an origin says of who may read gives way, and all else stays; without a page nothing is changed.
func TestRulesAllowPages(t *testing.T) {
	p := ruled(t, corsRule)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/api HTTP/1.1\r\nHost: {origin}\r\nOrigin: https://page.example\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\nX-One: 1\r\nVary: Accept, origin\r\nContent-Length: 2\r\n\r\nhi")
	client.Expect("HTTP/1.1 200 OK\r\naccess-control-allow-origin: https://page.example\r\nX-One: 1\r\nVary: Accept, origin\r\n" +
		"Content-Length: 2\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: x-one, content-length\r\n\r\nhi")
	if row := p.Finished(1); row.Effects != flow.EffectApplied|flow.EffectResponse {
		t.Errorf("%+v", row)
	}
	if !slices.Equal(did(p), []flow.ReasonCode{reason.RuleCORS}) {
		t.Error(did(p))
	}
	client.Send("OPTIONS http://{origin}/api HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Expect("OPTIONS /api HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nVary: *\r\nContent-Length: 0\r\n\r\n")
	client.Expect("HTTP/1.1 200 OK\r\nVary: *\r\nContent-Length: 0\r\n\r\n")
	if row := p.Finished(2); row.Effects != flow.EffectApplied {
		t.Errorf("%+v", row)
	}
}

func TestRulesAllowPagesOverHTTP2(t *testing.T) {
	route := ruledRoute(t, corsRule)
	client, origin := route.Started()
	api := []string{":scheme: https", ":authority: a.example", ":path: /api", "origin: https://page.example"}
	client.Send(client.Headers(1, append([]string{":method: OPTIONS"}, append(slices.Clone(api),
		"access-control-request-method: GET")...)...).End())
	lines := h2test.Lines(client.ExpectHead(1, ":status: 204").Fields)
	if !slices.Contains(lines, "access-control-allow-origin: https://page.example") ||
		!slices.Contains(lines, "access-control-allow-methods: GET") {
		t.Error(lines)
	}
	client.Send(client.Headers(3, append([]string{":method: GET"}, api...)...).End())
	origin.ExpectHead(3)
	origin.Send(origin.Headers(3, ":status: 200", "x-a: b").End())
	client.ExpectFields(3, ":status: 200", "x-a: b", "access-control-allow-origin: https://page.example",
		"access-control-allow-credentials: true", "access-control-expose-headers: x-a", "vary: Origin")
}
