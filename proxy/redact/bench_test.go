package redact

import (
	"fmt"
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// met is a Masker that knows secrets.
func met(n int) *Masker {
	m := New(Options{})
	for i := range n {
		m.Head(fmt.Appendf(nil, "GET / HTTP/1.1\r\nX-Token: %x-token-Aa%d\r\n\r\n", i*7919, i))
	}
	return m
}

func BenchmarkBody(b *testing.B) {
	record := `{"id":12345,"name":"Ann Example","email":"ann@example.test","tags":["a","b"],"url":"https://a.test/users/12345?page=2&` +
		`sort=name","at":"2026-11-29T08:00:00Z"},` + "\n"
	for name, c := range map[string]struct{ media, body string }{
		"json": {"application/json", "[" + strings.Repeat(record, 60000) + "1]"},
		"text": {"text/plain", strings.Repeat("The quick brown fox jumps over the lazy dog, and then once more.\n", 150000)},
		"html": {"text/html", "<!doctype html>" +
			strings.Repeat(`<div class="item" id="x1"><a href="/p?id=1&amp;x=2">A title</a><p>Some words of text here.</p></div>`, 100000)},
		"script": {"text/javascript", strings.Repeat(`function a(b,c){return b.d?{e:c,f:"g"}:(c=b.h,c&&c.i===0||j(c,"k",{l:1}))};`,
			130000)},
		"sound": {"audio/mpeg", strings.Repeat("\x00\x01\x02\x03\xff\xfb\x90abc", 1000000)},
	} {
		for _, known := range []int{0, 1000} {
			b.Run(fmt.Sprintf("%s/%d", name, known), func(b *testing.B) {
				m := met(known)
				x := posted(c.media, c.body)
				b.SetBytes(int64(len(c.body)))
				for b.Loop() {
					m.Exchange(x)
				}
			})
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	m := met(1000)
	x := &flow.Exchange{Row: flow.Row{Scheme: "https", Host: "a.test", Path: "/v1/users?page=2"},
		RequestHead: []byte("GET /v1/users?page=2 HTTP/1.1\r\nHost: a.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: " +
			"*/*\r\n" +
			"Authorization: Bearer abcdef-1234567\r\nCookie: a=1; sid=abcdefgh12345\r\n\r\n"),
		ResponseHead: []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\nDate: Sun," +
			" 29 Nov 2026 08:00:00 GMT\r\n\r\n"),
		ResponseBody: flow.Body{State: flow.BodyWhole, Size: 27, Bytes: []byte(`{"users":["ann"],"next":2}`)}}
	b.ReportAllocs()
	for b.Loop() {
		m.Exchange(x)
	}
}

func BenchmarkRow(b *testing.B) {
	m := met(1000)
	r := flow.Row{Method: "GET", Scheme: "https", Host: "api.example.test", Path: "/v1/users?page=2&sort=name"}
	b.ReportAllocs()
	for b.Loop() {
		m.Row(&r)
	}
}
