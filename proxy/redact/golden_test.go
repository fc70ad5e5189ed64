package redact

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// lines are the lines of a head as it is kept.
func lines(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// Fields keep their names, schemes and attributes; what is secret gets a placeholder.
func TestFields(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Authorization: Bearer abc.def-123", "Authorization: Bearer ‹secret 1›"},
		{"authorization:Bearer abc.def-123", "authorization:Bearer ‹secret 1›"},
		{"Authorization : Bearer abc", "Authorization : Bearer ‹secret 1›"},
		{"Authorization: 0123456789abcdef", "Authorization: ‹secret 1›"},
		{"Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ‹secret 1›"},
		{"Proxy-Authorization: basic dXNlcjpwYXNz", "Proxy-Authorization: basic ‹secret 1›"},
		{"Authorization: Negotiate YIIZ+g==", "Authorization: Negotiate ‹secret 1›"},
		{"Authorization: Bearer one\r\n two", "Authorization: Bearer ‹secret 1›"},
		{"Authorization: Bearer", "Authorization: ‹secret 1›"}, // it may be all there is
		{"Authorization: Digest username=\"ann\", realm=\"r\", nonce=\"n1\", uri=\"/a\", qop=auth, response=\"6629fae4\"",
			"Authorization: Digest username=\"‹secret 1›\", realm=\"r\", nonce=\"‹secret 2›\", uri=\"/a\", qop=auth," +
				" response=\"‹secret 3›\""},
		{"Authorization: AWS4-HMAC-SHA256 Credential=AKID/20130524/us/s3/aws4_request, SignedHeaders=host;range, Signature=fe5f80",
			"Authorization: AWS4-HMAC-SHA256 Credential=‹secret 1›, SignedHeaders=host;range, Signature=‹secret 2›"},
		{"WWW-Authenticate: Basic realm=\"the desk\"", "WWW-Authenticate: Basic realm=\"the desk\""},
		{"WWW-Authenticate: Negotiate", "WWW-Authenticate: Negotiate"},
		{"WWW-Authenticate: Negotiate oYG2MIGz", "WWW-Authenticate: Negotiate ‹secret 1›"},
		{"WWW-Authenticate: Bearer realm=\"x\", error=\"invalid_token\"", "WWW-Authenticate: Bearer realm=\"x\", error=\"invalid_token\""},
		{"Cookie: sid=s%3Aabc; theme=dark; flag; empty=", "Cookie: sid=‹secret 1›; theme=‹secret 2›; ‹secret 3›; empty="},
		{"Cookie: a+b^c=\"quoted\"", "Cookie: a+b^c=\"‹secret 1›\""},
		{"Cookie: a=b=c", "Cookie: a=‹secret 1›"},
		{"Set-Cookie: sid=31d4; Path=/; HttpOnly; Expires=Wed, 09 Jun 2027 10:18:14 GMT",
			"Set-Cookie: sid=‹secret 1›; Path=/; HttpOnly; Expires=Wed, 09 Jun 2027 10:18:14 GMT"},
		{"Set-Cookie: a=1; Path=/, b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT, c=3",
			"Set-Cookie: a=‹secret 1›; Path=/, b=‹secret 2›; Expires=Wed, 09 Jun 2027 10:18:14 GMT, c=‹secret 3›"},
		{"X-Api-Key: k-1", "X-Api-Key: ‹secret 1›"},
		{"x-auth-token: t-1", "x-auth-token: ‹secret 1›"},
		{"X-Amz-Security-Token: FwoG", "X-Amz-Security-Token: ‹secret 1›"},
		{"X-CSRF-Token: c1", "X-CSRF-Token: ‹secret 1›"},
		{"X-Functions-Key: f1", "X-Functions-Key: ‹secret 1›"},
		{"PRIVATE-TOKEN: p1", "PRIVATE-TOKEN: ‹secret 1›"},
		{"Ocp-Apim-Subscription-Key: o1", "Ocp-Apim-Subscription-Key: ‹secret 1›"},
		{"X-Hub-Signature-256: sha256=aa", "X-Hub-Signature-256: ‹secret 1›"},
		{"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
		{"X-Cache-Key: /index", "X-Cache-Key: /index"},
		{"Location: https://a.test/cb?code=4%2F0Ab&state=x#access_token=zz&token_type=bearer",
			"Location: https://a.test/cb?code=‹secret+1›&state=x#access_token=‹secret+2›&token_type=bearer"},
		{"Referer: https://ann:pw1@a.test/?q=1", "Referer: https://‹secret+1›@a.test/?q=1"},
		{"Content-Location: /a?sig=1f&x=2", "Content-Location: /a?sig=‹secret+1›&x=2"},
		{"Link: <https://a.test/n?page=2&api_key=k7>; rel=\"next\"", "Link: <https://a.test/n?page=2&api_key=‹secret+1›>; rel=\"next\""},
		{"Refresh: 0; url=/in?token=t7", "Refresh: 0; url=/in?token=‹secret+1›"},
		{"X-Note: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl end", "X-Note: ‹secret 1› end"},
		{"X-Said: Bearer abcdef-123456", "X-Said: Bearer ‹secret 1›"},
		{"Date: Sun, 29 Nov 2026 08:00:00 GMT", "Date: Sun, 29 Nov 2026 08:00:00 GMT"},
		{"Content-Type: multipart/form-data; boundary=----x", "Content-Type: multipart/form-data; boundary=----x"},
	} {
		for _, start := range []string{"GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", ":method: GET\r\n:path: /\r\n"} {
			in, want := start+c.in+"\r\nHost: a.test\r\n\r\n", start+c.want+"\r\nHost: a.test\r\n\r\n"
			if got := string(New(Options{}).Head([]byte(in))); got != want {
				t.Errorf("%q\ngave %q\nwant %q", in, got, want)
			}
		}
	}
}

// Start-lines, CONNECT, absolute targets, what is HTTP/2's, and what is not quite a head.
func TestTargets(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"GET /a?access_token=t1&b=2 HTTP/1.1\n\n", "GET /a?access_token=‹secret+1›&b=2 HTTP/1.1\n\n"},
		{"GET http://ann:pw@a.test/ HTTP/1.1\n\n", "GET http://‹secret+1›@a.test/ HTTP/1.1\n\n"},
		{"CONNECT ann:pw@a.test:443 HTTP/1.1\nHost: a.test:443\n\n", "CONNECT ‹secret+1›@a.test:443 HTTP/1.1\nHost: a.test:443\n\n"},
		{"GET /a;jsessionid=AB12?x=1 HTTP/1.1\n\n", "GET /a;jsessionid=‹secret+1›?x=1 HTTP/1.1\n\n"},
		{"GET /s3/o?X-Amz-Credential=AK%2Fus&X-Amz-Date=1&X-Amz-Signature=ff HTTP/1.1\n\n",
			"GET /s3/o?X-Amz-Credential=‹secret+1›&X-Amz-Date=1&X-Amz-Signature=‹secret+2› HTTP/1.1\n\n"},
		{"GET /o?next=https%3A%2F%2Fb.test%2Fcb%3Fcode%3Dabc%26x%3D1 HTTP/1.1\n\n",
			"GET /o?next=https%3A%2F%2Fb.test%2Fcb%3Fcode%3D‹secret+1›%26x%3D1 HTTP/1.1\n\n"},
		{"GET /to/https%3A%2F%2Fb.test%3Ftoken%3Dabc HTTP/1.1\n\n", "GET /to/https%3A%2F%2Fb.test%3Ftoken%3D‹secret+1› HTTP/1.1\n\n"},
		{"GET /o?user%5Bpassword%5D=abc HTTP/1.1\n\n", "GET /o?user%5Bpassword%5D=‹secret+1› HTTP/1.1\n\n"},
		{"GET /o?data=%7B%22password%22%3A%22abc%22%7D HTTP/1.1\n\n", "GET /o?data=%7B%22password%22%3A%22‹secret+1›%22%7D HTTP/1.1\n\n"},
		{":method: GET\n:path: /a?token=t1\n:authority: a.test\n\n", ":method: GET\n:path: /a?token=‹secret+1›\n:authority: a.test\n\n"},
		{"GET  /a?token=t1\n\n", "GET  /a?token=‹secret+1›\n\n"},
		{"HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nSet-Cookie: a=1\n\n",
			"HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nSet-Cookie: a=‹secret 1›\n\n"},
		{"HTTP/1.1 500 No\n\n{\"token\":\"abc\"}", "HTTP/1.1 500 No\n\n{\"token\":\"‹secret 1›\"}"},
		{"password=abc&x=1", "password=abc&x=1"}, // no head, and nothing says that it is a form
	} {
		if got := string(New(Options{}).Head([]byte(lines(c.in)))); got != lines(c.want) {
			t.Errorf("%q\ngave %q\nwant %q", c.in, got, lines(c.want))
		}
	}
}

// posted is an exchange whose request and response have a body.
func posted(contentType, body string) *flow.Exchange {
	head := []byte("POST / HTTP/1.1\r\nContent-Type: " + contentType + "\r\n\r\n")
	return &flow.Exchange{RequestHead: head, RequestBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}}
}

// Bodies of all kinds, whole and broken.
func TestBodies(t *testing.T) {
	const jsonType, form, plain, html = "application/json", "application/x-www-form-urlencoded", "text/plain", "text/html"
	for _, c := range []struct{ media, in, want string }{
		{jsonType, `{"user":"ann","password":"p1","n":1}`, `{"user":"ann","password":"‹secret 1›","n":1}`},
		{jsonType, `{"accessToken" : "a\/b", "token_type":"bearer","refresh_token":null}`,
			`{"accessToken" : "‹secret 1›", "token_type":"bearer","refresh_token":null}`},
		{jsonType, `{"pin":1234,"x":[{"client_secret":"s"}]}`, `{"pin":"‹secret 1›","x":[{"client_secret":"‹secret 2›"}]}`},
		{jsonType, `{"token":{"value":"v1","left":3,"ok":true},"b":"v2"}`,
			`{"token":{"value":"‹secret 1›","left":"‹secret 2›","ok":true},"b":"v2"}`},
		{jsonType, `{"passwords":["a1","b2"],"c":"d"}`, `{"passwords":["‹secret 1›","‹secret 2›"],"c":"d"}`},
		{jsonType, `{"headers":{"Authorization":["Bearer abc"],"Cookie":"a=1; b=2"}}`,
			`{"headers":{"Authorization":["Bearer ‹secret 1›"],"Cookie":"a=‹secret 2›; b=‹secret 3›"}}`},
		{jsonType, `[{"name":"Cookie","value":"a=1"},{"value":"k2","name":"X-Api-Key"},{"name":"Accept","value":"*/*"}]`,
			`[{"name":"Cookie","value":"a=‹secret 1›"},{"value":"‹secret 2›","name":"X-Api-Key"},{"name":"Accept","value":"*/*"}]`},
		{jsonType, `{"message":"{\"password\":\"p\\\"1\",\"x\":1}"}`, `{"message":"{\"password\":\"‹secret 1›\",\"x\":1}"}`},
		{jsonType, `{"a":"{\"b\":\"{\\\"token\\\":\\\"t9\\\"}\"}"}`, `{"a":"{\"b\":\"{\\\"token\\\":\\\"‹secret 1›\\\"}\"}"}`},
		{jsonType, `{"next":"https://a.test/?code=x1\u0026y=2","jwt":"j"}`,
			`{"next":"https://a.test/?code=‹secret+1›\u0026y=2","jwt":"‹secret 2›"}`},
		{jsonType, `{"user":"ann","password":"cut he`, `{"user":"ann","password":"‹secret 1›`},
		{jsonType, `{"stray"quote":1,"token":"t1"}`, `{"stray"quote":1,"token":"‹secret 1›"}`},
		{jsonType, `{"usage":{"total_tokens":12,"max_tokens":9}}`, `{"usage":{"total_tokens":12,"max_tokens":9}}`},
		{jsonType, `{"code":"OK","key":"name","state":"on"}`, `{"code":"OK","key":"name","state":"on"}`},
		{"text/event-stream", "data: {\"token\":\"t1\"}\n\n", "data: {\"token\":\"‹secret 1›\"}\n\n"},
		{"application/x-ndjson", "{\"token\":\"t1\"}\n{\"token\":\"t2\"}\n", "{\"token\":\"‹secret 1›\"}\n{\"token\":\"‹secret 2›\"}\n"},
		{form, "user=ann&password=a%26b+c&grant_type=authorization_code&code=x%2Fy",
			"user=ann&password=‹secret+1›&grant_type=authorization_code&code=‹secret+2›"},
		{form, "payload=%7B%22token%22%3A%22t1%22%7D", "payload=%7B%22token%22%3A%22‹secret+1›%22%7D"},
		{"multipart/form-data; boundary=b",
			"--b\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n--b\r\nContent-Disposition: form-data;" +
				" name=\"passwd\"\r\n\r\np1\r\n--b--\r\n",
			"--b\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n--b\r\nContent-Disposition: form-data;" +
				" name=\"passwd\"\r\n\r\n‹secret 1›\r\n--b--\r\n"},
		{html, `<input name="csrf_token" type="hidden" value="c1"><input value="c2" name=authenticity_token><b title="x">y</b>`,
			`<input name="csrf_token" type="hidden" value="‹secret 1›"><input value="‹secret 2›" name=authenticity_token><b ` +
				`title="x">y</b>`},
		{html, `<meta name="csrf-token" content="c1"><a href="/x?a=1&amp;token=t1">`,
			`<meta name="csrf-token" content="‹secret 1›"><a href="/x?a=1&amp;token=‹secret+2›">`},
		{html, `<script>var c={apiKey:"k1",password:'p1',token:t};</script>`,
			`<script>var c={apiKey:"‹secret 1›",password:'‹secret 2›',token:t};</script>`},
		{"application/xml", `<r><ns:Password a="1">p1</ns:Password><user name="x" secret="s1"/></r>`,
			`<r><ns:Password a="1">‹secret 1›</ns:Password><user name="x" secret="‹secret 2›"/></r>`},
		{plain, "DB_PASSWORD=p1\napi_key: k1\nname: ann\n", "DB_PASSWORD=‹secret 1›\napi_key: ‹secret 2›\nname: ann\n"},
		{plain, "curl -H 'Authorization: Bearer abcdef-12345'", "curl -H 'Authorization: Bearer ‹secret 1›'"},
		{plain, "curl -H 'Cookie: a=1; b=2' -H \"X-Api-Key: k1\" https://a.test/",
			"curl -H 'Cookie: a=‹secret 1›; b=‹secret 2›' -H \"X-Api-Key: ‹secret 3›\" https://a.test/"},
		{plain, "Bearer of good news", "Bearer of good news"},
		{"text/javascript", "a&&token=b;x?key:1;", "a&&token=b;x?key:1;"},
	} {
		m := New(Options{})
		got, _ := m.Exchange(posted(c.media, c.in))
		if string(got.RequestBody.Bytes) != c.want {
			t.Errorf("%s\ngave %s\nwant %s", c.in, got.RequestBody.Bytes, c.want)
		}
		if again, report := m.Exchange(&got); string(again.RequestBody.Bytes) != c.want || report.Total() != 0 {
			t.Errorf("masked again it is %s", again.RequestBody.Bytes)
		}
	}
}
