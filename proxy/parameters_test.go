package proxy_test

import (
	"slices"
	"testing"

	"posthouse/proxy/flow"
)

const parameterRule = `[[rule]]
when = "path:/a"
request.query = { set = ["b=2"], remove = ["utm"] }
request.cookies = { set = ["s=x"], remove = ["t"] }
response.cookies.set = ["id=new"]`

// Parameters and cookies are changed, and all other bytes stay.
func TestRulesChangeParameters(t *testing.T) {
	p := ruled(t, parameterRule)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/a?a=%31&b=1&utm=x&c HTTP/1.1\r\nHost: {origin}\r\nCOOKIE: t=1; s=1;  u=1\r\n\r\n")
	at := origin.Accept()
	at.Expect("GET /a?a=%31&b=2&c HTTP/1.1\r\nHost: {origin}\r\nCOOKIE: s=x;  u=1\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nset-cookie: id=old; Path=/; HttpOnly\r\nSet-Cookie: o=1\r\nContent-Length: 0\r\n\r\n")
	client.Expect("HTTP/1.1 200 OK\r\nset-cookie: id=new; Path=/; HttpOnly\r\nSet-Cookie: o=1\r\nContent-Length: 0\r\n\r\n")
	if row := p.Finished(1); row.Path != "/a?a=%31&b=1&utm=x&c" ||
		row.Effects != flow.EffectApplied|flow.EffectRequest|flow.EffectResponse {
		t.Errorf("%+v", row)
	}
}

func TestRulesChangeParametersOverHTTP2(t *testing.T) {
	route := ruledRoute(t, parameterRule)
	client, origin := route.Started()
	client.Send(client.Headers(1, append(slices.Clone(asked[:3]), ":path: /a?b=1", "cookie: s=1", "cookie: t=1")...).End())
	origin.ExpectFields(1, append(slices.Clone(asked[:3]), ":path: /a?b=2", "cookie: s=x")...)
	origin.Send(origin.Headers(1, ":status: 200", "set-cookie: id=old; Path=/").End())
	client.ExpectFields(1, ":status: 200", "set-cookie: id=new; Path=/")
}

// Of a hundred requests a rule blocks as many as it says, and the others pass.
func TestRulesFailNowAndThen(t *testing.T) {
	p := ruled(t, "[[rule]]\nfail = '30%'\nanswer.status = 503\n[[rule]]\nanswer.text = 'ok'")
	client, failed := p.Client(), 0
	for i := range 100 {
		client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
		client.ExpectHead()
		if row := p.Finished(flow.ID(i + 1)); row.Status == 503 {
			failed++
		} else {
			client.Expect("ok")
		}
	}
	if failed < 28 || failed > 32 {
		t.Error(failed)
	}
}
