package message_test

import (
	"strings"
	"testing"
	"time"

	"posthouse/proxy/archive/message"
	"posthouse/proxy/flow"
)

func TestURLs(t *testing.T) {
	for url, want := range map[string]string{
		"http://h:80/a?b#c": "http://h/a?b", "HTTPS://h:443": "https://h/", "https://u:p@h:81/x": "https://h:81/x",
		"wss://h/":         "https://h/",
		"http://[::1]:80/": "http://[::1]/", "http://h?x": "http://h/?x", "http:///x": "", "/x": "", "": "", "://h": "", "a b://h": "",
	} {
		var r flow.Row
		if ok := message.SetURL(&r, url); ok != (want != "") || ok && r.URL() != want {
			t.Errorf("%q: %v, %q", url, ok, r.URL())
		}
	}
	for _, c := range []struct {
		scheme, host string
		port         int
		want         string
	}{{"http", "h", 80, "h"}, {"https", "h", 80, "h:80"}, {"", "::1", 443, "[::1]:443"}, {"http", "[::1]", 0, "[::1]"},
		{"http", "h", 99999, "h"}} {
		if got := message.Authority(c.scheme, c.host, c.port); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// However a file's names and values look, a head has a line for each.
func TestHeadsCannotBeInjected(t *testing.T) {
	r := flow.Row{Method: "GET /x HTTP/1.1\r\nA", Scheme: "http", Host: "h", Path: "/a b\r\nB: c", Proto: "HTTP/1.1"}
	head := string(message.RequestHead(&r, []message.Field{{Name: "C\nD", Value: "e\r\n\r\nF\x00"}, {Name: ":path", Value: "/"}}))
	if strings.Count(head, "\n") != 3 || strings.Count(head, "\r") != 3 || !strings.HasSuffix(head, "\r\n\r\n") {
		t.Errorf("%q", head)
	}
}

// A body whose head says chunked, and that is not, stays as it is.
func TestUnframed(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
	for body, want := range map[string]string{
		"3\r\nabc\r\n0\r\n\r\n": "abc", "decoded": "decoded", "3\r\nabc\r\n5\r\nde": "abcde", "3\r\nabc\r\nx": "abc", "": "",
	} {
		if got, _ := message.Unframed([]byte(chunked), []byte(body)); string(got) != want {
			t.Errorf("%q: %q", body, got)
		}
	}
	if got, _ := message.Unframed([]byte("HTTP/1.1 200 OK\r\n\r\n"), []byte("0\r\n\r\n")); string(got) != "0\r\n\r\n" {
		t.Errorf("%q", got)
	}
}

func TestBounds(t *testing.T) {
	if note := message.Note(strings.Repeat("é", flow.MaxNote) + "\xff"); len(note) > flow.MaxNote || strings.ContainsRune(note, '\ufffd') {
		t.Errorf("%d bytes", len(note))
	}
	m := message.WebSocketMessages{Left: 1000}
	for range 1000 {
		m.Add(true, time.Unix(1, 0), message.OpcodeText, []byte("0123456789\xff"))
	}
	if len(m.List) == 0 || len(m.List) > 20 || m.Missed != 1000-len(m.List) || m.List[0].Opcode != message.OpcodeBinary {
		t.Errorf("%d kept, %d missed", len(m.List), m.Missed)
	}
	if b := message.Kept(make([]byte, 11), 10); b.State != flow.BodyCut || b.Size != 11 || len(b.Bytes) != 10 {
		t.Errorf("%+v", b)
	}
}
