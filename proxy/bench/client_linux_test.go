package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestParseAnswer(t *testing.T) {
	const head = "HTTP/1.1 200 Connection Established\r\ncontent-length:  1024 \r\nX: Content-Length: 9\r\n\r\n"
	a, ok, err := parseAnswer([]byte(head + "body\r\n\r\n"))
	if err != nil || !ok || a != (answer{status: 200, length: 1024, head: len(head)}) {
		t.Errorf("read %+v, %v, %v", a, ok, err)
	}
	const closing = "HTTP/1.1 200 OK\r\n" + sessionField + ": "
	if a, ok, _ := parseAnswer([]byte(closing + "r\r\n\r\n")); !ok || !a.reused {
		t.Errorf("a session taken up: %+v", a)
	}
	if a, ok, _ := parseAnswer([]byte(closing + ".\r\n\r\n")); !ok || a.reused {
		t.Errorf("a new session: %+v", a)
	}
	if _, ok, err := parseAnswer([]byte(head[:len(head)-1])); ok || err != nil {
		t.Errorf("half a head: %v, %v", ok, err)
	}
	if a, ok, _ := parseAnswer([]byte("HTTP/1.0 502\r\n\r\n")); !ok || a.status != 502 || a.length != -1 {
		t.Errorf("without reason and length: %+v", a)
	}
	for _, bad := range []string{"SSH-2.0 200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 two OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"} {
		if a, ok, err := parseAnswer([]byte(bad)); ok || err == nil {
			t.Errorf("%q is read as %+v", bad, a)
		}
	}
}

func TestPatternIsTheSameInPieces(t *testing.T) {
	whole := pattern(nil, 0, 4096)
	pieces := pattern(pattern(nil, 0, 1000), 1000, 3096)
	if len(whole) != 4096 || !bytes.Equal(whole, pieces) {
		t.Error("the pattern depends on how it is cut")
	}
	if bytes.Equal(whole[:8], whole[8:16]) {
		t.Error("the pattern repeats")
	}
}

// respond answers each connection's first read with text, and then ends it.
func respond(t *testing.T, text string) *instance {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if _, err := conn.Read(make([]byte, 4096)); err == nil {
				_, _ = io.WriteString(conn, text)
			}
			_ = conn.Close()
		}
	}()
	return &instance{addr: ln.Addr().String()}
}

const smallHead = "HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n"

func TestVerifyFindsWrongBodies(t *testing.T) {
	body := string(smallBody)
	flipped := []byte(body)
	flipped[777] ^= 1
	for name, c := range map[string]struct {
		answer string
		want   string // in the error; "" for none
	}{
		"right":       {smallHead + body, ""},
		"a bit":       {smallHead + string(flipped), "wrong body"},
		"moved":       {smallHead + body[8:] + body[:8], "wrong body"},
		"cut":         {smallHead + body[:1000], "after 1000 of 1024"},
		"a status":    {strings.Replace(smallHead, "200", "503", 1) + body, "503"},
		"a length":    {strings.Replace(smallHead, "1024", "1023", 1) + body, "1023"},
		"no length":   {"HTTP/1.1 200 OK\r\n\r\n" + body, "-1"},
		"head is cut": {smallHead[:20], "response head"},
	} {
		size, err := verify(respond(t, c.answer), plain, "origin", smallPath, smallSize)
		switch {
		case c.want == "" && (err != nil || size != len(smallHead)+smallSize):
			t.Errorf("%s: size %d, %v", name, size, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}

func TestDownloadFindsMissingBytes(t *testing.T) {
	c, err := dial(respond(t, strings.Repeat("x", 5000)).addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.write([]byte("GET")); err != nil {
		t.Fatal(err)
	}
	if err := c.discard(4000); err != nil {
		t.Errorf("4000 of 5000 bytes: %v", err)
	}
	if err := c.discard(4000); err == nil {
		t.Error("8000 of 5000 bytes were had")
	}
}

// talk answers every request of every connection with what reply gives for its number.
func talk(t *testing.T, reply func(n int, request []byte) []byte) *instance {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 4096)
				for n := 0; ; n++ {
					m, err := conn.Read(buf)
					if err != nil {
						return
					}
					if _, err := conn.Write(reply(n, buf[:m])); err != nil {
						return
					}
				}
			}()
		}
	}()
	return &instance{addr: ln.Addr().String()}
}

func TestSmallLoadCountsRequests(t *testing.T) {
	right := append([]byte(smallHead), smallBody...)
	requests := make(chan string, 100)
	in := talk(t, func(_ int, request []byte) []byte {
		line, _, _ := strings.Cut(string(request), "\r\n")
		requests <- line
		return right
	})
	r, err := smallLoad{in: in, authority: "origin:80", connections: 3, threads: 2, requests: 20, numbered: true}.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if r.requests != 20 || r.latencies.count != 20 || r.seconds <= 0 {
		t.Errorf("%d requests, %d latencies in %v s", r.requests, r.latencies.count, r.seconds)
	}
	seen := map[string]bool{}
	for range 23 { // one a connection to verify, and the load
		line := <-requests
		if seen[line] || !strings.HasPrefix(line, "GET http://origin:80/small.bin?lane=00") {
			t.Errorf("%q came, again: %v", line, seen[line])
		}
		seen[line] = true
	}
}

func TestSmallLoadFindsWrongAnswers(t *testing.T) {
	right := append([]byte(smallHead), smallBody...)
	flipped := bytes.Clone(right)
	flipped[len(flipped)-1] ^= 1
	for name, wrong := range map[string][]byte{
		"a bit":         flipped,
		"one more byte": append(bytes.Clone(right), 'x'),
		"a status":      bytes.Replace(right, []byte("200"), []byte("502"), 1),
	} {
		in := talk(t, func(n int, _ []byte) []byte {
			if n == 5 {
				return wrong
			}
			return right
		})
		_, err := smallLoad{in: in, connections: 2, threads: 1, duration: 20 * time.Second}.run(context.Background())
		if err == nil || !strings.Contains(err.Error(), "wrong answer") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCountUp(t *testing.T) {
	digits := []byte("0099")
	countUp(digits)
	if string(digits) != "0100" {
		t.Errorf("99 and one is %s", digits)
	}
	countUp(nil)
}
