package redact

import (
	"encoding/json"
	"strings"
	"testing"
)

const jsonMedia, formMedia, plainMedia, htmlMedia = "application/json", "application/x-www-form-urlencoded", "text/plain", "text/html"

// long is more than is read without percent-encoding as a whole.
var long = strings.Repeat("a b ", maxEncoded/4)

// gap is more white space than anybody needs.
var gap = strings.Repeat(" \n", 300)

// slips are ways of writing a secret that were looked past once.
var slips = []struct{ name, media, in, want string }{
	{"JSON in JSON as .NET writes it", jsonMedia, `{"body":"{\u0022password\u0022:\u0022X\u0022,\u0022a\u0022:1}"}`,
		`{"body":"{\u0022password\u0022:\u0022‹secret 1›\u0022,\u0022a\u0022:1}"}`},
	{"JSON in JSON in JSON as .NET writes it", jsonMedia, `{"a":"{\u0022b\u0022:\u0022{\\u0022token\\u0022:\\u0022X\\u0022}\u0022}"}`,
		`{"a":"{\u0022b\u0022:\u0022{\\u0022token\\u0022:\\u0022‹secret 1›\\u0022}\u0022}"}`},
	{"a number in JSON as .NET writes it", jsonMedia, `{"body":"{\u0022pin\u0022:1234}"}`, `{"body":"{\u0022pin\u0022:\"‹secret 1›\"}"}`},
	{"a URL as Gson writes it", jsonMedia, `{"u":"https://a.test/?access_token\u003dX\u0026y\u003d1"}`,
		`{"u":"https://a.test/?access_token\u003d‹secret+1›\u0026y\u003d1"}`},
	{"an element as Gson writes it", jsonMedia, `{"u":"\u003cpassword\u003eX\u003c/password\u003e"}`,
		`{"u":"\u003cpassword\u003e‹secret 1›\u003c/password\u003e"}`},
	{"GraphQL in JSON", jsonMedia, `{"query":"mutation { login(user: \"ann\", password: \"X\") { id } }"}`,
		`{"query":"mutation { login(user: \"ann\", password: \"‹secret 1›\") { id } }"}`},
	{"a script in JSON", jsonMedia, `{"js":"f({apiKey:'X', b: 'c'})"}`, `{"js":"f({apiKey:'‹secret 1›', b: 'c'})"}`},
	{"CDATA", "application/xml", `<r><password><![CDATA[a<b>c]]></password><b>1</b></r>`,
		`<r><password><![CDATA[‹secret 1›]]></password><b>1</b></r>`},
	{"an element with a stray bracket", "application/xml", `<r><n:password a="b">X></n:password></r>`,
		`<r><n:password a="b">‹secret 1›</n:password></r>`},
	{"a property list", "application/xml", "<key>user</key><string>ann</string><key>apiPassword</key>\n\t<string>X</string><key>n</key>",
		"<key>user</key><string>ann</string><key>apiPassword</key>\n\t<string>‹secret 1›</string><key>n</key>"},
	{"an empty parameter before", htmlMedia, `<a href="/?x=1&&token=X&b=1">`, `<a href="/?x=1&&token=‹secret+1›&b=1">`},
	{"empty parameters at the beginning", plainMedia, "see /?&&token=X there", "see /?&&token=‹secret+1› there"},
	{"an empty field before", formMedia, "a=1&&password=X", "a=1&&password=‹secret+1›"},
	{"no parameter but an operator", "text/javascript", "b=a&&token=c;x?d&&key=1:2", "b=a&&token=c;x?d&&key=1:2"},
	{"a percent-encoded URL in JSON", jsonMedia, `{"u":"https%3A%2F%2Fann%3AX%40a.test%2F%3Faccess_token%3DY%26b%3D1","n":"%"}`,
		`{"u":"https%3A%2F%2F‹secret+1›%40a.test%2F%3Faccess_token%3D‹secret+2›%26b%3D1","n":"%"}`},
	{"percent-encoded JSON in JSON", jsonMedia, `{"u":"a\n%7B%22pin%22%3A12%2C%22token%22%3A%22X%22%7D"}`,
		`{"u":"a\n%7B%22pin%22%3A%22‹secret+1›%22%2C%22token%22%3A%22‹secret+2›%22%7D"}`},
	{"percent-encoded JSON in a URL in JSON", jsonMedia, `{"u":"/?a=%7B%22pin%22%3A12%7D"}`,
		`{"u":"/?a=%7B%22pin%22%3A%22‹secret+1›%22%7D"}`},
	{"a percent-encoded URL in a long text", htmlMedia, "<p>" + long + `<a href="/to/https%3A%2F%2Fa.test%2F%3Ftoken%3DX">`,
		"<p>" + long + `<a href="/to/https%3A%2F%2Fa.test%2F%3Ftoken%3D‹secret+1›">`},
	{"HTTP in a part", "multipart/mixed; boundary=b",
		lines("--b\nContent-Type: application/http\n\nGET /a?token=X HTTP/1.1\nAuthorization: Bearer Y\n" +
			"X-Api-Key: Z\n\n{\"pin\":1}\n--b--\n"),
		lines("--b\nContent-Type: application/http\n\nGET /a?token=‹secret+1› HTTP/1.1\nAuthorization: Bearer ‹secret 2›\n" +
			"X-Api-Key: ‹secret 3›\n\n{\"pin\":\"‹secret 4›\"}\n--b--\n")},
	{"a form of parts without its boundary", "multipart/form-data",
		lines("--b1\nContent-Disposition: form-data; name=\"user\"\n\nann\n--b1\nContent-Disposition: form-data; name=\"passwd\"\n\n" +
			"X\n--b1--\n"),
		lines("--b1\nContent-Disposition: form-data; name=\"user\"\n\nann\n--b1\nContent-Disposition: form-data; name=\"passwd\"\n\n" +
			"‹secret 1›\n--b1--\n")},
	{"a form that says it is JSON", jsonMedia, "password=X%22&a=b&code=y", "password=‹secret+1›&a=b&code=‹secret+2›"},
	{"an assignment with spaces", plainMedia, "[db]\nuser = ann\n  password = X y\n\tapi_key\t=\t\"Z\"\nname = b\n",
		"[db]\nuser = ann\n  password = ‹secret 1›\n\tapi_key\t=\t\"‹secret 2›\"\nname = b\n"},
	{"an assignment in a script", "text/javascript", "var password = 'X', a = 'b'; c.apiKey=`Y`; d={token:`Z`}; if (token == 'e') {}",
		"var password = '‹secret 1›', a = 'b'; c.apiKey=`‹secret 2›`; d={token:`‹secret 3›`}; if (token == 'e') {}"},
	{"an assignment in a script in JSON", jsonMedia, `{"js":"var password = \"X\";\nvar token = 'Y'; a = 'b'","b":"token = "}`,
		`{"js":"var password = \"‹secret 1›\";\nvar token = '‹secret 2›'; a = 'b'","b":"token = "}`},
	{"much white space around a colon", jsonMedia, `{"password"` + gap + ":" + gap + `"X"}`,
		`{"password"` + gap + ":" + gap + `"‹secret 1›"}`},
	{"an escaped letter in a name", jsonMedia, `{"pass\u0077ord":"X","a":"b"}`, `{"pass\u0077ord":"‹secret 1›","a":"b"}`},
	{"escaped slashes", jsonMedia, `{"u":"https:\u002f\u002fann:X@h/"}`, `{"u":"https:\u002f\u002f‹secret+1›@h/"}`},
	{"an id beside", jsonMedia, `[{"id":"password","value":"X"},{"field":"pin","value":12},{"value":"Y","id":"token"}]`,
		`[{"id":"password","value":"‹secret 1›"},{"field":"pin","value":"‹secret 2›"},{"value":"‹secret 3›","id":"token"}]`},
	{"fields as pairs", jsonMedia, `[["Cookie","sid=X"],["Accept","*/*"], ["X-Api-Key", "Y"],["Authorization","Bearer Z"]]`,
		`[["Cookie","sid=‹secret 1›"],["Accept","*/*"], ["X-Api-Key", "‹secret 2›"],["Authorization","Bearer ‹secret 3›"]]`},
	{"a pair alone", jsonMedia, `{"h":["Cookie","sid=X"]}`, `{"h":["Cookie","sid=‹secret 1›"]}`},
	{"names that are no pair", jsonMedia, `{"required":["password","email"],"vary":["Cookie","Accept"],"allow":["Authorization","Origin"]}`,
		`{"required":["password","email"],"vary":["Cookie","Accept"],"allow":["Authorization","Origin"]}`},
	{"a setting of .NET", "application/xml", `<add key="ApiKey" value="X"/><add key="Size" value="1"/>`,
		`<add key="ApiKey" value="‹secret 1›"/><add key="Size" value="1"/>`},
	{"an input for a password", htmlMedia, `<input type="password" value="X"><input value='Y' type=PASSWORD><input type="text" value="z">`,
		`<input type="password" value="‹secret 1›"><input value='‹secret 2›' type=PASSWORD><input type="text" value="z">`},
	{"attributes without quotes", htmlMedia, `<input name=csrf_token value=X><b token=Y>a token=b</b><i value=1>`,
		`<input name=csrf_token value=‹secret+1›><b token=‹secret+2›>a token=b</b><i value=1>`},
	{"attributes without quotes in JSON", jsonMedia, `{"a":"<input name=csrf_token value=X>","b":"<b token="}`,
		`{"a":"<input name=csrf_token value=‹secret+1›>","b":"<b token="}`},
	{"names with what is behind", jsonMedia, `{"token_v2":"X","passwordNew":"Y","password_current":"Z","apiKeyOld":"W","pwdNew":"V",` +
		`"tokenizer":"a"}`,
		`{"token_v2":"‹secret 1›","passwordNew":"‹secret 2›","password_current":"‹secret 3›","apiKeyOld":"‹secret 4›",` +
			`"pwdNew":"‹secret 5›","tokenizer":"a"}`},
	{"a placeholder and more", jsonMedia, `{"token":"‹secret 1›X","pin":"‹secret","password":"‹secret 9›"}`,
		`{"token":"‹secret 1›","pin":"‹secret 2›","password":"‹secret 9›"}`},
	{"a placeholder and more in a text", plainMedia, "TOKEN=‹secret 4›X PASSWORD=‹secret 9› b", "TOKEN=‹secret 1› PASSWORD=‹secret 9› b"},
}

// What slipped through once is masked now, JSON stays JSON, and nothing is masked again.
func TestSlips(t *testing.T) {
	for _, c := range slips {
		t.Run(c.name, func(t *testing.T) {
			m := New(Options{})
			got, _ := m.Exchange(posted(c.media, c.in))
			if string(got.RequestBody.Bytes) != c.want {
				t.Errorf("%s\ngave %s\nwant %s", c.in, got.RequestBody.Bytes, c.want)
			}
			if json.Valid([]byte(c.in)) && !json.Valid(got.RequestBody.Bytes) {
				t.Errorf("%s\nbecame %s", c.in, got.RequestBody.Bytes)
			}
			if again, report := m.Exchange(&got); string(again.RequestBody.Bytes) != c.want || report.Total() != 0 {
				t.Errorf("masked again it is %s", again.RequestBody.Bytes)
			}
		})
	}
}

// What is between two pieces is masked like what is within one.
func TestEscapedTextsAreReadInPieces(t *testing.T) {
	record := `{"filler":"` + strings.Repeat("ab ", 50) + `","body":"{\u0022password\u0022:\u0022X-1234567\u0022}"},`
	in := "[" + strings.Repeat(record, 3*maxEscaped/len(record)) + "0]"
	got, _ := New(Options{}).Exchange(posted(jsonMedia, in))
	if out := string(got.RequestBody.Bytes); out != strings.ReplaceAll(in, "X-1234567", "‹secret 1›") {
		t.Errorf("%d are left", strings.Count(out, "X-1234567"))
	}
}

// Fields that kept a secret once.
func TestSlipsOfFields(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"an unknown scheme with parameters", "Authorization: MyScheme version=1, X", "Authorization: ‹secret 1›"},
		{"an unknown scheme", "Authorization: X second", "Authorization: ‹secret 1›"},
		{"parameters and a token", "Authorization: Digest realm=\"a\", X, nc=1", "Authorization: Digest realm=\"a\", ‹secret 1›, nc=1"},
		{"a token behind parameters", "Authorization: OAuth realm=\"a\", X", "Authorization: OAuth realm=\"a\", ‹secret 1›"},
		{"a signature behind a list", "Authorization: HMAC-SHA256 SignedHeaders=date;host&Signature=X",
			"Authorization: HMAC-SHA256 SignedHeaders=date;host&Signature=‹secret 1›"},
		{"a known scheme", "Authorization: SSWS X", "Authorization: SSWS ‹secret 1›"},
		{"a token of Kubernetes", "Sec-WebSocket-Protocol: a, base64url.bearer.authorization.k8s.io.X-1, base64.binary.k8s.io",
			"Sec-WebSocket-Protocol: a, base64url.bearer.authorization.k8s.io.‹secret 1›, base64.binary.k8s.io"},
		{"a code of a message", "X-Hmac: X", "X-Hmac: ‹secret 1›"},
		{"a code of a message with its hash", "X-Shop-Hmac-SHA256: X", "X-Shop-Hmac-SHA256: ‹secret 1›"},
		{"a pair as a value", "X-Foo: token=X", "X-Foo: token=‹secret 1›"},
		{"pairs as a value", "Forwarded: for=a;secret=\"X\";by=b, password=Y",
			"Forwarded: for=a;secret=\"‹secret 1›\";by=b, password=‹secret 2›"},
		{"no pairs", "Content-Disposition: form-data; name=\"token\"", "Content-Disposition: form-data; name=\"token\""},
		{"a digit behind a name", "X-Token-V2: X", "X-Token-V2: ‹secret 1›"},
		{"a new one", "X-Auth-Token-New: X", "X-Auth-Token-New: ‹secret 1›"},
		{"a placeholder before", "Cookie: sid=‹secret 1›X; b=‹secret+2›; c=‹secret 3›",
			"Cookie: sid=‹secret 1›; b=‹secret+2›; c=‹secret 3›"},
		{"half a placeholder", "Authorization: Bearer ‹secret x›", "Authorization: Bearer ‹secret 1›"},
		{"a placeholder in a pair", "X-Foo: token=‹secret 3›; a=b", "X-Foo: token=‹secret 3›; a=b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			const start = "GET / HTTP/1.1\r\n"
			m := New(Options{})
			if got := string(m.Head([]byte(start + c.in + "\r\n\r\n"))); got != start+c.want+"\r\n\r\n" {
				t.Errorf("%s\ngave %s\nwant %s", c.in, got[len(start):], c.want)
			}
			if got := string(m.Head([]byte(start + c.want + "\r\n\r\n"))); got != start+c.want+"\r\n\r\n" {
				t.Errorf("%s\nbecame %s", c.want, got[len(start):])
			}
		})
	}
}

// Known secrets are found as .NET and Gson escape them, whatever they escape beside.
func TestKnownSecretsInEscapes(t *testing.T) {
	const secret = `aB"c+d'e&f<g>h=\1x`
	m := New(Options{})
	m.Head([]byte("GET / HTTP/1.1\r\nX-Token: " + secret + "\r\n\r\n"))
	for name, text := range map[string]string{
		".NET":          `aB\u0022c\u002Bd\u0027e\u0026f\u003Cg\u003Eh=\\1x`,
		"Gson":          `aB\"c+d\u0027e\u0026f\u003cg\u003eh\u003d\\1x`,
		"a single sign": `aB\"c+d'e\u0026f<g>h=\\1x`,
		"all letters":   `\u0061\u0042\u0022\u0063\u002b\u0064\u0027\u0065\u0026\u0066\u003c\u0067\u003e\u0068\u003d\u005c\u0031\u0078`,
	} {
		got, _ := m.Exchange(posted(jsonMedia, `{"remark":"it is `+text+`\u0022"}`))
		if want := `{"remark":"it is ‹secret 1›\u0022"}`; string(got.RequestBody.Bytes) != want {
			t.Errorf("%s: %s", name, got.RequestBody.Bytes)
		}
	}
}
