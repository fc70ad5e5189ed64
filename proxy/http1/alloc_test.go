package http1

import (
	"strings"
	"testing"
)

// browserHead is what a browser sends through a proxy.
const browserHead = "GET http://www.example.com/articles/2026/11/index.html?utm_source=feed&page=2 HTTP/1.1\r\n" +
	"Host: www.example.com\r\n" +
	"Proxy-Connection: keep-alive\r\n" +
	"Upgrade-Insecure-Requests: 1\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n" +
	"Accept-Encoding: gzip, deflate\r\n" +
	"Accept-Language: en-GB,en;q=0.9\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=all\r\n" +
	"Connection: keep-alive, x-private\r\n" +
	"If-None-Match: \"5f2a-61b0c3a1\"\r\n\r\n"

const serverHead = "HTTP/1.1 200 OK\r\n" +
	"Server: nginx/1.27.1\r\n" +
	"Date: Tue, 24 Nov 2026 09:00:00 GMT\r\n" +
	"Content-Type: text/html; charset=utf-8\r\n" +
	"Content-Length: 1024\r\n" +
	"Connection: keep-alive\r\n" +
	"Cache-Control: max-age=3600\r\n" +
	"Set-Cookie: session=0123456789abcdef; Path=/; HttpOnly\r\n" +
	"ETag: \"5f2a-61b0c3a1\"\r\n\r\n"

var chunkedBody = strings.Repeat("400\r\n"+strings.Repeat("x", 0x400)+"\r\n", 16) + "0\r\nX-Sum: 1\r\n\r\n"

func requestLoop(head []byte) func() error {
	var lines Lines
	var r Request
	var target Target
	return func() error {
		lines.Reset()
		if _, err := lines.Scan(head, &wide); err != nil {
			return err
		}
		if err := ParseRequest(&r, head, &lines); err != nil {
			return err
		}
		for i := range r.Fields {
			r.Named(&r.Fields[i])
		}
		return ParseAbsolute(&target, r.Target)
	}
}

func responseLoop(head []byte) func() error {
	var reader ResponseReader
	var r Response
	return func() error {
		reader.Reset()
		_, err := reader.Read(&r, head, &wide)
		return err
	}
}

func chunkedLoop(body []byte) func() error {
	c := newChunks()
	return func() error {
		c.Reset()
		for p := body; !c.Done(); {
			n, _, err := c.Next(p)
			if err != nil {
				return err
			}
			p = p[n:]
		}
		return nil
	}
}

func TestParsingAllocatesNothing(t *testing.T) {
	many := "GET http://h/ HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("X-Field: value\r\n", 200) + "\r\n"
	for _, c := range []struct {
		name string
		loop func() error
		want error
	}{
		{"a request head", requestLoop([]byte(browserHead)), nil},
		{"a request head of 200 fields", requestLoop([]byte(many)), nil},
		{"a refused request head", requestLoop([]byte("GET http://h/ HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n")), ErrLength},
		{"a refused target", requestLoop([]byte("GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n")), ErrScheme},
		{"a response head", responseLoop([]byte(serverHead)), nil},
		{"a broken response head", responseLoop([]byte(strings.ReplaceAll(serverHead, ": ", " : "))), nil},
		{"a refused response head", responseLoop([]byte("HTTP/1.1 200 OK\nContent-Length: x\n\n")), ErrLength},
		{"a chunked body", chunkedLoop([]byte(chunkedBody)), nil},
		{"a broken chunked body", chunkedLoop([]byte("5\nhello")), ErrChunkSize},
	} {
		var err error
		allocs := testing.AllocsPerRun(200, func() { err = c.loop() })
		if err != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
		if allocs != 0 {
			t.Errorf("%s: %v allocations", c.name, allocs)
		}
	}
}

func benchmark(b *testing.B, size int, loop func() error) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if err := loop(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequestHead(b *testing.B) {
	benchmark(b, len(browserHead), requestLoop([]byte(browserHead)))
}

func BenchmarkSmallRequestHead(b *testing.B) {
	head := "GET http://127.0.0.1:8080/1k HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"
	benchmark(b, len(head), requestLoop([]byte(head)))
}

func BenchmarkResponseHead(b *testing.B) {
	benchmark(b, len(serverHead), responseLoop([]byte(serverHead)))
}

func BenchmarkChunked(b *testing.B) {
	benchmark(b, len(chunkedBody), chunkedLoop([]byte(chunkedBody)))
}
