package http1

import (
	"fmt"
	"strings"
	"testing"
)

func TestConnectionOptions(t *testing.T) {
	type flags struct{ close, keep, upgrade, te bool }
	for _, c := range []struct {
		fields string
		want   flags
		named  string // of the fields X-A, X-B and those that may not be named
	}{
		{"", flags{}, ""},
		{"Connection: close\r\n", flags{close: true}, ""},
		{"Connection: CLOSE , Keep-Alive\r\n", flags{close: true, keep: true}, ""},
		{"Connection: Upgrade, TE\r\n", flags{upgrade: true, te: true}, ""},
		{"Connection: x-a\r\nconnection:,, X-B ,\r\n", flags{}, "X-A X-B"},
		{"Connection: closed\r\n", flags{}, ""},
		{"Connection: x-a close\r\n", flags{}, ""},
		{"Connection: \"close\"\r\n", flags{}, ""},
		{"Connection: Keep-Alive, timeout=5, x-a\r\n", flags{keep: true}, "X-A"},
		{"Proxy-Connection: close, x-a\r\n", flags{close: true}, ""},
		{"Proxy-Connection: keep-alive\r\n", flags{keep: true}, ""},
		{"Connection: host, content-length, transfer-encoding, via, max-forwards, trailer\r\n", flags{}, ""},
	} {
		r, _, err := readRequest("POST http://h/ HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nVia: v\r\nTrailer: t\r\n" +
			"Max-Forwards: 1\r\nX-A: 1\r\nX-B: 2\r\n" + c.fields + "\r\n")
		if err != nil {
			t.Errorf("%q: %v", c.fields, err)
			continue
		}
		if got := (flags{r.Close, r.AskedKeep, r.ListsUpgrade, r.ListsTE}); got != c.want {
			t.Errorf("%q: %+v", c.fields, got)
		}
		var named []string
		for i := range r.Fields {
			if r.Named(&r.Fields[i]) {
				named = append(named, string(r.Fields[i].Name))
			}
		}
		if got := strings.Join(named, " "); got != c.named {
			t.Errorf("%q names %q, want %q", c.fields, got, c.named)
		}
	}
}

func TestTransferEncodingCannotBeNamed(t *testing.T) {
	r, _, err := readRequest("POST http://h/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: transfer-encoding, " +
		"host\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Fields {
		if r.Named(&r.Fields[i]) {
			t.Errorf("%s is named", r.Fields[i].Name)
		}
	}
}

func TestConnectionNamesAreBounded(t *testing.T) {
	names := make([]string, MaxNamed+1)
	for i := range names {
		names[i] = fmt.Sprintf("x-%d", i)
	}
	head := "GET /a HTTP/1.1\r\nHost: h\r\nConnection: %s\r\n\r\n"
	_, _, err := readRequest(fmt.Sprintf(head, strings.Join(names[1:], ",")))
	wantErr(t, "as many as allowed", err, nil)
	_, _, err = readRequest(fmt.Sprintf(head, strings.Join(names, ",")))
	wantErr(t, "one too many", err, ErrConnection)
}

func TestFindAndLists(t *testing.T) {
	r, _, err := readRequest("GET /a HTTP/1.1\r\nHost: h\r\nTE: gzip;q=0.5\r\nte: Trailers , x\r\nExpect: 100-continue\r\nVia: 1.1 a\r\n" +
		"Upgrade: h2c, websocket\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Find(TE)) != "gzip;q=0.5" || r.Find(KeepAlive) != nil || string(r.ContentType) != "a/b" {
		t.Errorf("Find: %q %q, type %q", r.Find(TE), r.Find(KeepAlive), r.ContentType)
	}
	if !r.Lists(TE, "trailers") || r.Lists(TE, "gzip") || !r.Lists(Upgrade, "websocket") || !r.Lists(Expect, "100-continue") {
		t.Error("Lists")
	}
	if !r.HasTE || !r.HasVia || !r.HasUpgrade || r.ListsUpgrade {
		t.Errorf("%+v", r.Head)
	}
}

func TestEveryKnownNameIsFound(t *testing.T) {
	names := map[string]Known{"te": TE, "via": Via, "host": Host, "expect": Expect, "upgrade": Upgrade, "trailer": Trailer,
		"connection": Connection, "keep-alive": KeepAlive, "content-type": ContentType, "max-forwards": MaxForwards,
		"content-length": ContentLength, "proxy-connection": ProxyConnection, "transfer-encoding": TransferEncoding,
		"proxy-authorization": ProxyAuthorization, "http2-settings": HTTP2Settings}
	for name, want := range names {
		if lookup([]byte(name)) != want || lookup([]byte(strings.ToUpper(name))) != want {
			t.Errorf("%s is not found", name)
		}
		other := []byte(name)
		other[0] ^= 0x10
		if lookup(other) != Other || lookup([]byte(name+"s")) != Other {
			t.Errorf("something like %s is found", name)
		}
	}
}

func TestHeadLimits(t *testing.T) {
	limits := Limits{StartLine: 20, Head: 60, Fields: 3}
	for _, c := range []struct {
		name string
		text string
		want *Error
	}{
		{"all at their limits", "GET /890123 HTTP/1.1\r\nA: 1\r\nB: 1\r\nC: " + strings.Repeat("c", 19) + "\r\n\r\n", nil},
		{"a start line one byte too long", "GET /8901234 HTTP/1.1\r\n\r\n", ErrLineTooLong},
		{"a start line that never ends", strings.Repeat("G", 23), ErrLineTooLong},
		{"a head one byte too long", "GET /a HTTP/1.1\r\nA: " + strings.Repeat("a", 37) + "\r\n\r\n", ErrHeadTooLarge},
		{"a field that never ends", "GET /a HTTP/1.1\r\nA: " + strings.Repeat("a", 41), ErrHeadTooLarge},
		{"one field too many", "GET /a HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", ErrTooManyFields},
		{"a long line that ends in a bare LF", strings.Repeat("G", 23) + "\n", ErrLineTooLong},
	} {
		for _, piece := range []int{1, 7, len(c.text)} {
			var lines Lines
			n, err := scanPieces(&lines, []byte(c.text), &limits, piece)
			wantErr(t, fmt.Sprintf("%s in pieces of %d", c.name, piece), err, c.want)
			if err == nil && n != len(c.text) {
				t.Errorf("%s in pieces of %d: length %d of %d", c.name, piece, n, len(c.text))
			}
		}
	}
}

// scanPieces scans b as it would arrive in pieces of that size.
func scanPieces(lines *Lines, b []byte, limits *Limits, piece int) (n int, err error) {
	for end := 0; end < len(b) && n == 0 && err == nil; {
		end = min(end+piece, len(b))
		n, err = lines.Scan(b[:end], limits)
	}
	return n, err
}

func TestScanFindsTheEndOnly(t *testing.T) {
	text := "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
	next := "\n\n\x00 what follows is not looked at"
	var lines Lines
	n, err := lines.Scan([]byte(text+next), &wide)
	if n != len(text) || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	lines.Reset()
	for i := range text {
		if n, err := lines.Scan([]byte(text[:i]), &wide); n != 0 || err != nil {
			t.Fatalf("after %d bytes: %d %v", i, n, err)
		}
	}
}

func TestReusedHeadsForget(t *testing.T) {
	var lines Lines
	var r Request
	parse := func(text string) {
		t.Helper()
		lines.Reset()
		if _, err := lines.Scan([]byte(text), &wide); err != nil {
			t.Fatal(err)
		}
		if err := ParseRequest(&r, []byte(text), &lines); err != nil {
			t.Fatal(err)
		}
	}
	parse("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nConnection: close, upgrade, te, keep-alive, x\r\nUpgrade: a\r\nVia: " +
		"b\r\nTE: c\r\nX: y\r\nContent-Type: z\r\n\r\n")
	parse("GET /b HTTP/1.0\r\nX: y\r\n\r\n")
	if r.Length != -1 || r.Close || r.AskedKeep || r.ListsUpgrade || r.ListsTE || r.HasUpgrade || r.HasVia || r.HasTE ||
		r.ContentType != nil || len(r.Fields) != 1 || r.Named(&r.Fields[0]) || r.Minor != 0 {
		t.Errorf("%+v", r.Head)
	}
	parse("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
	parse("POST /a HTTP/1.1\r\nHost: h\r\n\r\n")
	if r.Chunked || r.HasBody() {
		t.Error("chunked is remembered")
	}
}

// TestBigHeadsLeaveNoMemory overfills what a reused value keeps.
func TestBigHeadsLeaveNoMemory(t *testing.T) {
	limits := Limits{StartLine: 1 << 20, Head: 1 << 20, Fields: 10000}
	big := []byte("GET /a HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("A: b\r\n", 9000) + "\r\n")
	small := []byte("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
	var lines Lines
	var r Request
	for _, text := range [][]byte{big, small} {
		lines.Reset()
		if _, err := lines.Scan(text, &limits); err != nil {
			t.Fatal(err)
		}
		if err := ParseRequest(&r, text, &lines); err != nil {
			t.Fatal(err)
		}
	}
	if cap(r.Fields) > keptFields || cap(lines.ends) > 4*keptFields {
		t.Errorf("kept memory for %d fields and %d lines", cap(r.Fields), cap(lines.ends))
	}
}

func TestFirstLineIsToldOnce(t *testing.T) {
	var lines Lines
	limits := Limits{StartLine: 100, Head: 1000, Fields: 10}
	const head = "GET / HTTP/1.1\r\nA: 1\r\n\r\n"
	for n := range len(head) {
		if _, err := lines.Scan([]byte(head[:n]), &limits); err != nil {
			t.Fatal(err)
		}
		got := string(lines.First([]byte(head[:n])))
		if want := ""; n == len("GET / HTTP/1.1\r\n") {
			if want = "GET / HTTP/1.1"; got != want {
				t.Errorf("after %d bytes %q", n, got)
			}
		} else if got != want {
			t.Errorf("after %d bytes %q", n, got)
		}
	}
	lines.Reset()
	if _, err := lines.Scan([]byte("B\r\n"), &limits); err != nil || string(lines.First([]byte("B\r\n"))) != "B" {
		t.Error("not told again after Reset")
	}
}
