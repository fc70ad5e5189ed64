package har

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/archive"
	coding "posthouse/proxy/archive/message"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// one reads a log of one entry.
func one(t *testing.T, entry string) *flow.Exchange {
	t.Helper()
	all, err := read(t, []byte(`{"log":{"version":"1.2","entries":[`+entry+`]}}`), archive.Limits{})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	return all[0]
}

// response is an entry with this answer.
func response(members string) string {
	return `{"startedDateTime":"2026-01-02T03:04:05.678Z","time":12,"request":{"method":"GET","url":"https://a.test/b?c=d"},"response":{` +
		`"status":200,` + members + `}}`
}

func request(members string) string {
	return `{"request":{"method":"POST","url":"https://a.test/b",` + members + `},"response":{"status":200}}`
}

// What is wrong in files that are met is read as it was meant.
func TestWrongFilesAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		entry string
		get   func(x *flow.Exchange) string
		want  string
	}{
		"nothing": {`{}`, facts, "  0 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort | client-gone"},
		"nulls": {`{"request":null,"response":null,"timings":null,"time":null,"cache":null}`,
			facts, "  0 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort | client-gone"},
		"other kinds": {`{"request":[],"response":"x","timings":7,"serverIPAddress":{},"comment":[1]}`,
			facts, "  0 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort | client-gone"},
		"a URL without a host": {`{"request":{"method":"GET","url":"data:text/plain,hi"},"response":{"status":200}}`,
			facts, "GET data:text/plain,hi 200 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort"},
		"a path alone": {`{"request":{"method":"GET","url":"/b?c"},"response":{"status":200}}`,
			facts, "GET /b?c 200 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort"},
		"no content": {response(`"headers":[]`), facts, "GET https://a.test/b?c=d 200 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort"},
		"null content": {response(`"content":null,"headersSize":null,"bodySize":null,"redirectURL":null`),
			facts, "GET https://a.test/b?c=d 200 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort"},
		"status as text": {`{"request":{"method":"GET","url":"http://a.test"},"response":{"status":"404"}}`,
			facts, "GET http://a.test/ 404 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort"},

		"pairs":            {response(`"headers":[["A","1"],["B","2"],["C"],[]]`), responseHead, "HTTP/1.1 200 |A: 1|B: 2|C: ||"},
		"fields as object": {response(`"headers":{"A":"1","B":["2","3"]}`), responseHead, "HTTP/1.1 200 |A: 1|B: 2|B: 3||"},
		"numbers": {response(`"headers":[{"name":"Content-Length","value":17},{"name":"X","value":null}]`),
			responseHead, "HTTP/1.1 200 |Content-Length: 17|X: ||"},
		"joined": {response(`"headers":[{"name":"set-cookie","value":"a=1\nb=2"}]`),
			responseHead, "HTTP/1.1 200 |set-cookie: a=1|set-cookie: b=2||"},
		"smuggled": {response(`"statusText":"OK\r\nX: 1","headers":[{"name":"A\r\nEvil: 1","value":"1\r\nEvil: 2\u0000"}]`),
			responseHead, "HTTP/1.1 200 OK  X: 1|AEvil1: 1|AEvil1: Evil: 2 ||"},
		"smuggled line": {`{"request":{"method":"GET /x HTTP/1.1\r\nA: b","url":"http://a.test/\r\nB: c"}}`,
			requestHead, "GET/xHTTP/1.1A:b /B:c HTTP/1.1||"},
		"HTTP/2": {`{"request":{"method":"GET","url":"https://a.test/x","httpVersion":"h2","headers":[{"name":"A",` +
			`"value":"1"}]}}`,
			requestHead, ":method: GET|:scheme: https|:authority: a.test|:path: /x|A: 1||"},
		"HTTP/1 with pseudo-header fields": {`{"request":{"method":"GET","url":"https://a.test/x","httpVersion":"HTTP/1.1",` +
			`"headers":[{"name":":method","value":"GET"},{"name":"A","value":"1"}]}}`,
			requestHead, "GET /x HTTP/1.1|A: 1||"},
		"CONNECT": {`{"request":{"method":"CONNECT","url":"https://a.test"},"response":{"status":200}}`,
			facts, "CONNECT a.test:443 200 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort"},
		"CONNECT, authority": {`{"request":{"method":"CONNECT","url":"a.test:8443"},"response":{"status":200}}`,
			facts, "CONNECT a.test:8443 200 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort"},

		"fragment, user, port": {`{"request":{"method":"GET","url":"HTTPS://u:p@a.test:443?x#frag"}}`,
			func(x *flow.Exchange) string { return x.URL() }, "https://a.test/?x"},
		"IPv6": {`{"serverIPAddress":"[::1]","request":{"method":"GET","url":"http://[::1]:8080/"}}`,
			func(x *flow.Exchange) string { return x.Host + " " + x.Remote.String() }, "[::1]:8080 [::1]:8080"},
		"no address": {`{"serverIPAddress":"unknown","request":{"method":"GET","url":"http://a.test/"}}`,
			func(x *flow.Exchange) string { return x.Remote.String() }, "invalid AddrPort"},

		"base64":               {response(`"content":{"size":3,"text":"AP8B","encoding":"base64"}`), responseBody, "\x00\xff\x01"},
		"base64, no padding":   {response(`"content":{"text":"AP8BAg","encoding":"base64"}`), responseBody, "\x00\xff\x01\x02"},
		"base64, URL alphabet": {response(`"content":{"text":"_-8=","encoding":"BASE64"}`), responseBody, "\xff\xef"},
		"base64, slashes":      {response(`"content":{"text":"\/w==","encoding":"base64"}`), responseBody, "\xff"},
		"base64 unsaid": {response(`"content":{"size":4,"mimeType":"application/octet-stream","text":"AP8BAg=="}`),
			responseBody, "\x00\xff\x01\x02"},
		"picture unsaid":   {response(`"content":{"size":-1,"mimeType":"image/png","text":"` + png64 + `"}`), responseBody, png},
		"text like base64": {response(`"content":{"size":8,"mimeType":"text/plain","text":"AP8BAg=="}`), responseBody, "AP8BAg=="},
		"bytes as characters": {response(`"content":{"size":3,"mimeType":"image/png","text":"\u0000ÿ\u0001"}`),
			responseBody, "\x00\xff\x01"},
		"Latin-1":             {response(`"content":{"size":4,"mimeType":"text/html","text":"café"}`), responseBody, "caf\xe9"},
		"UTF-8":               {response(`"content":{"size":5,"mimeType":"text/html","text":"café"}`), responseBody, "café"},
		"UTF-8, size unknown": {response(`"content":{"mimeType":"text/html; charset=utf-8","text":"café"}`), responseBody, "café"},
		"charset": {response(`"headers":[{"name":"Content-Type","value":"text/html; charset=gbk"}],"content":{"size":2,"text":"名"}`),
			responseBody, "\xc3\xfb"},
		"size, no text": {response(`"bodySize":700,"content":{"size":1000}`),
			facts, "GET https://a.test/b?c=d 200 HTTP/1.1 | none 0 0 | not-recorded 700 0 | invalid AddrPort"},

		"form of params": {request(`"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a b","value":"1&2"},` +
			`{"name":"c","value":"é"}]}`),
			requestBody, "a+b=1%262&c=%C3%A9"},
		"multipart of params": {request(`"postData":{"mimeType":"multipart/form-data; boundary=X","params":[{"name":"a","value":"1"},` +
			`{"name":"f","fileName":"n\".txt","contentType":"text/plain","value":"2"}]}`),
			requestBody, "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X\r\nContent-Disposition: form-data; " +
				"name=\"f\"; filename=\"n%22.txt\"\r\n" +
				"Content-Type: text/plain\r\n\r\n2\r\n--X--\r\n"},
		"text before params": {request(`"postData":{"mimeType":"application/x-www-form-urlencoded","text":"a=1","params":[{"name":"b"}]}`),
			requestBody, "a=1"},
		"request in base64": {request(`"postData":{"mimeType":"x/y","text":"AP8=","encoding":"base64"}`), requestBody, "\x00\xff"},
		"request in _content": {request(`"_requestBodyStatus":"discarded:not-representable","_content":{"text":"AP8=","size":2,` +
			`"encoding":"base64"}`),
			requestBody, "\x00\xff"},
		"request, characters": {request(`"bodySize":2,"postData":{"mimeType":"application/octet-stream","text":"\u0000ÿ"}`),
			requestBody, "\x00\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			x := one(t, c.entry)
			if got := c.get(x); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if diff := differences(x, returned(t, x)); diff != nil {
				t.Error(strings.Join(diff, "\n"))
			}
		})
	}
}

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"

var png64 = base64.StdEncoding.EncodeToString([]byte(png))

func onePiece(head []byte) string { return strings.ReplaceAll(string(head), "\r\n", "|") }

func responseHead(x *flow.Exchange) string { return onePiece(x.ResponseHead) }
func requestHead(x *flow.Exchange) string  { return onePiece(x.RequestHead) }
func responseBody(x *flow.Exchange) string { return string(x.ResponseBody.Bytes) }
func requestBody(x *flow.Exchange) string  { return string(x.RequestBody.Bytes) }

// Dates are written in many ways.
func TestDatesAreRead(t *testing.T) {
	want := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	for _, s := range []string{"2026-01-02T03:04:05.678Z", "2026-01-02T04:04:05.678+01:00", "2026-01-02T04:04:05.678+0100",
		"2026-01-02T03:04:05.6780000Z", "2026-01-02T03:04:05.678", "2026-01-02 03:04:05.678", "1767323045678", "1767323045.678"} {
		if got := parseTime(s); !got.Equal(want) {
			t.Errorf("%s is %v, want %v", s, got, want)
		}
	}
	for _, s := range []string{"", "yesterday", "NaN", "-1", "1e400", "Invalid Date"} {
		if got := parseTime(s); !got.IsZero() {
			t.Errorf("%q is %v", s, got)
		}
	}
}

// A body is put into the codings that its head lists, so that it can be opened as any
// other; one that is in them already is left alone.
func TestBodiesArePutIntoTheirCodings(t *testing.T) {
	long := strings.Repeat("a body that is longer than a block. ", 10_000)
	for _, coding := range []string{"gzip", "x-gzip", "deflate", "br", "zstd", "gzip, br", "br, zstd", "GZIP", "identity"} {
		for _, body := range []string{"x", long, long[:1<<16], long[:1<<17]} {
			x := one(t, response(fmt.Sprintf(`"headers":[{"name":"Content-Encoding","value":%q}],"content":{"text":%q}`, coding, body)))
			d, err := content.Decode(coding, x.ResponseBody.Bytes)
			if err != nil || string(d.Body) != body || d.After {
				t.Errorf("%s, %d bytes: %d bytes, %v", coding, len(body), len(d.Body), err)
			}
			if got := returned(t, x); string(got.ResponseBody.Bytes) != string(x.ResponseBody.Bytes) {
				t.Errorf("%s: it does not come back", coding)
			}
		}
	}
	for name, c := range map[string]struct{ coding, body string }{
		"gzip":    {"gzip", string(coded("gzip", "abc"))},
		"zstd":    {"zstd", string(coded("zstd", "abc"))},
		"unknown": {"dcb", "abc"},
	} {
		x := one(t, response(fmt.Sprintf(`"headers":[{"name":"Content-Encoding","value":%q}],"content":{"encoding":"base64","text":%q}`,
			c.coding, base64.StdEncoding.EncodeToString([]byte(c.body)))))
		if string(x.ResponseBody.Bytes) != c.body {
			t.Errorf("%s: %q", name, x.ResponseBody.Bytes)
		}
	}
}

// What stands around the entries may be anything.
func TestLogsOfOtherShapes(t *testing.T) {
	const entry = `{"request":{"method":"GET","url":"http://a.test/"},"response":{"status":200}}`
	for name, file := range map[string]string{
		"byte order mark": "\ufeff" + `{"log":{"entries":[` + entry + `]}}`,
		"UTF-16":          "\xff\xfe" + wide(`{"log":{"entries":[`+entry+`]}}`),
		"no log":          `{"entries":[` + entry + `]}`,
		"a list":          `[` + entry + `]`,
		"entries first":   `{"log":{"entries":[` + entry + `],"pages":[],"version":"1.2"}} ` + "\n",
		"log twice":       `{"log":null,"log":{"entries":null,"entries":[` + entry + `]}}`,
		"odd entries":     `{"log":{"entries":[null,7,"x",[],` + entry + `]}}`,
		"log in log":      `{"log":{"log":{"entries":[1]},"pages":7,"entries":[` + entry + `]},"x":{"log":1}}`,
	} {
		all, err := read(t, []byte(file), archive.Limits{})
		if err != nil || len(all) != 1 || all[0].Host != "a.test" {
			t.Errorf("%s: %d entries, %v", name, len(all), err)
		}
	}
}

func wide(s string) string {
	var b []byte
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return string(b)
}

func coded(codings, body string) []byte {
	b, _ := coding.Recoded(codings, []byte(body))
	return b
}
