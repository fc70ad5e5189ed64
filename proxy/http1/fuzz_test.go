package http1

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// fuzzLimits are small, so that the fuzzer reaches them.
var fuzzLimits = Limits{StartLine: 256, Head: 1024, Fields: 12}

// scanned is what Lines made of some bytes.
type scanned struct {
	n    int
	ends []int32
	err  error
}

// scanSplit scans b as it arrives in pieces whose sizes are the bytes of split, in turn.
func scanSplit(b, split []byte) (s scanned) {
	var lines Lines
	for end, i := 0, 0; end < len(b) && s.n == 0 && s.err == nil; i++ {
		size := len(b)
		if len(split) > 0 {
			size = int(split[i%len(split)]) + 1
		}
		end = min(end+size, len(b))
		s.n, s.err = lines.Scan(b[:end], &fuzzLimits)
	}
	s.ends = lines.ends
	return s
}

// checkSplits holds that it does not matter how a head arrives.
func checkSplits(t *testing.T, b, split []byte) *Lines {
	whole := scanSplit(b, nil)
	for _, other := range []scanned{scanSplit(b, split), scanSplit(b, []byte{0})} {
		if other.n != whole.n || other.err != whole.err || whole.n > 0 && !slices.Equal(other.ends, whole.ends) {
			t.Fatalf("whole %+v, in pieces %+v", whole, other)
		}
	}
	if whole.n == 0 {
		return nil
	}
	if !bytes.HasSuffix(b[:whole.n], []byte("\r\n")) || whole.n > fuzzLimits.Head {
		t.Fatalf("a head of %d bytes: %q", whole.n, b[:whole.n])
	}
	return &Lines{ends: whole.ends}
}

// checkFields holds what is promised of every accepted head.
func checkFields(t *testing.T, h *Head, start []byte) {
	joined := append(append([]byte(nil), start...), '\r', '\n')
	for i := range h.Fields {
		f := &h.Fields[i]
		joined = append(joined, f.Line...)
		line := string(f.Line)
		name, value := string(f.Name), string(f.Value)
		if name == "" || !isClass(f.Name, classToken) || !strings.HasPrefix(line, name+":") ||
			strings.Trim(line[len(name)+1:len(line)-2], " \t") != value || strings.ContainsAny(line[:len(line)-2], "\r\n\x00") {
			t.Fatalf("field %q %q of %q", f.Name, f.Value, f.Line)
		}
		if f.Known != lookup(f.Name) {
			t.Fatalf("%q is known as %d", f.Name, f.Known)
		}
	}
	if !bytes.Equal(append(joined, '\r', '\n'), h.Raw) {
		t.Fatalf("lines %q are not the head %q", joined, h.Raw)
	}
	if h.Chunked && h.Length >= 0 {
		t.Fatal("both framings")
	}
}

var requestSeeds = []string{
	browserHead,
	"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
	"POST http://u:p@h:80/%2F?a#b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET",
	"POST http://[::1]:8080 HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: " +
		"b\r\n\r\nGET",
	"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nProxy-Authorization: x\r\n\r\n\x16\x03\x01",
	"OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
	"GET / HTTP/1.1\nHost: h\n\n",
	"GET / HTTP/1.1\r\nA : b\r\n c\r\n\x00\r\n\r\n",
	"GET http://h?q HTTP/1.1\r\nhost:\r\nConnection: close, te, upgrade\r\nUpgrade: websocket\r\nPragma: no-cache\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

func FuzzRequestHead(f *testing.F) {
	for i, s := range requestSeeds {
		f.Add([]byte(s), []byte{byte(i * 7), 3})
	}
	f.Fuzz(func(t *testing.T, b, split []byte) {
		lines := checkSplits(t, b, split)
		if lines == nil {
			return
		}
		raw := b[:lines.lastEnd()]
		var r Request
		if err := ParseRequest(&r, raw, lines); err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		start := slices.Concat(r.Method, []byte{' '}, r.Target, []byte{' '}, r.Version)
		checkFields(t, &r.Head, start)
		checkTarget(t, &r)
		compareRequest(t, &r, b)
	})
}

// checkTarget holds what is promised of targets.
func checkTarget(t *testing.T, r *Request) {
	if bytes.ContainsAny(r.Target, " \t\r\n\x00") || len(r.Target) == 0 {
		t.Fatalf("target %q", r.Target)
	}
	var target Target
	if ParseAbsolute(&target, r.Target) != nil {
		return
	}
	if len(target.Host) == 0 || bytes.ContainsAny(target.Text, "/?#@\\ ") || bytes.IndexByte(target.Path, '#') >= 0 ||
		len(target.Path) > 0 && target.Path[0] != '/' && target.Path[0] != '?' {
		t.Fatalf("%q: %+v", r.Target, target)
	}
	var again Authority
	if err := parseAuthority(&again, target.Text); err != nil || !bytes.Equal(again.Host, target.Host) || again.Port != target.Port {
		t.Fatalf("the authority %q is read as %q %d again: %v", target.Text, again.Host, again.Port, err)
	}
}

func FuzzResponseHead(f *testing.F) {
	for i, s := range []string{
		serverHead + "body",
		"HTTP/1.1 200\r\n\r\nuntil close",
		"HTTP/1.0 404 Not Found\r\nContent-Length: 3\r\n\r\nabcd",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\nnext",
		"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc",
		"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\nxyz",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
		"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nConnection: close\r\n\r\n",
	} {
		f.Add([]byte(s), []byte{byte(i * 5), 1}, i%4 == 3)
	}
	f.Fuzz(func(t *testing.T, b, split []byte, head bool) {
		lines := checkSplits(t, b, split)
		if lines == nil {
			return
		}
		raw := b[:lines.lastEnd()]
		var r Response
		if err := ParseResponse(&r, raw, lines); err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		if r.Status < 100 || r.Status > 999 {
			t.Fatalf("status %d", r.Status)
		}
		checkFields(t, &r.Head, r.Line)
		compareResponse(t, &r, b, head)
	})
}

func FuzzChunked(f *testing.F) {
	for i, s := range []string{
		"400\r\n" + strings.Repeat("x", 0x400) + "\r\n0\r\n\r\n",
		"5\r\nhello\r\n0\r\n\r\nnext",
		"5;a=\"b\" ;c\r\nhello\r\n0;x\r\nA: b\r\nC:\r\n\r\n",
		"A\r\n0123456789\r\n00\r\n\r\n",
		"5 \t;a\r\nhello\r\n",
		"7fffffffffffffff\r\nabc",
		"5\nhello\n0\n\n",
		"-1\r\n\r\n", "0x1\r\na\r\n0\r\n\r\n", "0\r\n a\r\n\r\n", "ffffffffffffffffff\r\n",
	} {
		f.Add([]byte(s), []byte{byte(i), 1, 9})
	}
	f.Fuzz(func(t *testing.T, b, split []byte) {
		whole := feedChunks(newChunks(), b, len(b))
		sizes := []int{1}
		for _, s := range split {
			sizes = append(sizes, int(s))
		}
		if pieces := feedChunks(newChunks(), b, sizes...); pieces != whole {
			t.Fatalf("whole %+v, in pieces %+v", whole, pieces)
		}
		if bytewise := feedChunks(newChunks(), b, 1); bytewise != whole {
			t.Fatalf("whole %+v, byte by byte %+v", whole, bytewise)
		}
		if whole.used > len(b) || len(whole.data) > whole.used || whole.done && whole.err != nil {
			t.Fatalf("%+v of %d bytes", whole, len(b))
		}
		compareChunked(t, whole, b)
	})
}
