package redact

import (
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// What is made to keep a reader busy costs no more than a multiple of its length.
func TestHostileTextsAreQuick(t *testing.T) {
	const size = 32 << 10
	for _, piece := range []string{
		"token = 'x", "token=`", `{"id":"token",`, "password = x ", "Authorization: Digest x, y, ", "<input type=password value=",
		`"to\u006ben":[`, `[ `, `[["token",`, "password = \"\\\"", `"token": ` + gap,
		`"token":[`, `"token":{"`, `{"name":"token","value":[`, `"name":"token",`, `"value":"name":"token"`, `</token`, `<token>`,
		`["token","`, `["Cookie", `, `<a token=`, `<a value= name=`, `<![CDATA[`, `<key>token</key><`,
		`<token></token>`, `<a></token>`,
		`basic `, `Basic+`, `Bearer abcdefgh1234 `, `\`, `\"`, `"\\\\\\\":`, `%3D`,
		`a%3Db `, `?a=1&&`, `&&token=`, `?a=%253Fb%253D`, `?a=%3Fb%3D`, `&token=`,
		`://a@`, `https://`, `eyJ`, `eyJa.`, `token='`,
		`token = `, "token = `", `token = '`, "token:`",
		`token="`, `'token':'`, `"token":"`, `token:"`, `;`, `;token=`, `a=1;`, `,a=1`, "a\n b", ":", "=", "?", "<", "value='",
		"<input name=token value='", "\r\n ", "@", "\x00",
		`Authorization: Digest a="b, `, `"Cookie":"a=b;`, "--b\r\n", `"token":1,`, `"tokens":[1,`,
		`\u0022`, `\\u0022:`, `"token\u0022:\u0022`, `\u005c`,
	} {
		text := strings.Repeat(piece, size/len(piece))
		for _, media := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded",
			"multipart/form-data; boundary=b"} {
			x := posted(media, text)
			x.Unusable = []byte(text)
			x.Row = flow.Row{Path: text}
			begun := time.Now()
			New(Options{}).Exchange(x)
			if took := time.Since(begun); took > hostileLimit {
				t.Errorf("%q as %s takes %v", piece, media, took)
			}
		}
	}
}

// hostileLimit is what a text may take on a busy machine, with the race detector as well; quadratic
// cost would be minutes.
const hostileLimit = 3 * time.Second
