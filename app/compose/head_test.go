package compose

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

var oddHeads = []string{
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\nHost:a\n\n",
	"GET  /a b HTTP/1.1\r\nHost : a\r\nX:\r\n:\r\n \r\nY:  b \t\r\n folded\r\n\tagain\r\n\r\n",
	"POST /\r\nno colon\r\nContent-Length: 3\r\ncontent-length: 4\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
	"\r\nGET / HTTP/1.1\r\n\r\n",
	" x\r\n\r\n",
	":method: GET\r\n:scheme: https\r\n:path: /\r\n:authority: a\r\nx: \xff\x00\r\n\r\n",
	"GET / HTTP/1.1\r\nA: b\rC: d\r\r\n\r\r\n\r\n",
	"GET / HTTP/1.1",
	"",
}

// What is not edited stays byte for byte, through the table and through the text.
func TestAHeadStaysAsItIs(t *testing.T) {
	for _, raw := range oddHeads {
		checkHead(t, []byte(raw))
	}
}

func checkHead(t *testing.T, raw []byte) {
	t.Helper()
	h := ParseHead(raw, nil)
	if got := h.Raw(); !bytes.HasPrefix(got, raw) || len(strings.Trim(string(got[len(raw):]), crlf)) > 0 || len(got) > len(raw)+4 {
		t.Errorf("%q became %q", raw, got)
	}
	again := ParseHead(h.Text(), h.Lines)
	if !bytes.Equal(again.Raw(), h.Raw()) || !slices.Equal(again.Lines, h.Lines) {
		t.Errorf("%q came back from its text as %q", h.Raw(), again.Raw())
	}
	for i := range h.Lines { // what is off is kept, and comes back in its place
		off := h
		off.Lines = slices.Clone(h.Lines)
		off.Lines[i].Off = true
		back := ParseHead(off.Text(), off.Lines)
		if len(back.Lines) != len(off.Lines) {
			continue // the lines around it are one without it
		}
		for j := range back.Lines {
			back.Lines[j].Off = false
		}
		if !slices.Equal(back.Lines, h.Lines) && !strings.Contains(string(raw), "\n ") && !strings.Contains(string(raw), "\n\t") {
			t.Errorf("%q with line %d off came back as %q", raw, i, back.Raw())
		}
	}
	for i := range h.Lines { // a cell set to what it says changes nothing
		l := h.Lines[i]
		if l.Plain() && l.Raw() != "" && l.Name+l.Value != "" && l.SetName(l.Name) == nil && l.SetValue(l.Value) == nil && l != h.Lines[i] {
			t.Errorf("%q became %q", h.Lines[i].Raw(), l.Raw())
		}
	}
}

func FuzzHead(f *testing.F) {
	for _, raw := range oddHeads {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkHead(t, raw) })
}

// No cell of the table can begin another field.
func TestACellCannotSmuggle(t *testing.T) {
	l := Line{}
	if err := l.SetName("X"); err != nil || l.Raw() != "X: \r\n" {
		t.Errorf("%v, %q", err, l.Raw())
	}
	for _, text := range []string{"a\r\nHost: b", "a\nb", "a\rb", "a\x00b"} {
		if err := l.SetValue(text); !errors.Is(err, ErrLineEnd) {
			t.Errorf("value %q: %v", text, err)
		}
		if err := l.SetName(text); !errors.Is(err, ErrLineEnd) {
			t.Errorf("name %q: %v", text, err)
		}
	}
	if err := l.SetName("a: b"); !errors.Is(err, ErrName) {
		t.Errorf("a colon in a name: %v", err)
	}
	h := ParseHead([]byte("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"), nil)
	if err := h.Lines[0].SetValue("x"); !errors.Is(err, ErrFolded) {
		t.Errorf("a folded line: %v", err)
	}
	if l.SetName("") != nil || l.SetValue("") != nil || l.Raw() != "" {
		t.Errorf("an emptied row is sent as %q", l.Raw())
	}
	var m Multipart
	m.Boundary = "B"
	p := m.Add()
	if p.SetName("a\r\nb") == nil || p.SetType("a\nb") == nil || p.SetFile("/x", "a\nb", "") == nil || p.SetValue("a\nb") == nil {
		t.Error("a part's cell takes line ends")
	}
	d := New()
	if d.Head.SetMethod("GET / HTTP/1.1\r\nX: y") == nil {
		t.Error("the method takes a line")
	}
	if d.SetURL("http://a/b\r\nX: y c") != nil || d.Head.Target() != "/b%0D%0AX:%20y%20c" {
		t.Errorf("the target became %q", d.Head.Target())
	}
	for _, bad := range []string{"ftp://a/", "http:///x", "http://a@b/", "http://a\r\nb/", "http://a b/", ""} {
		if err := d.SetURL(bad); !errors.Is(err, ErrURL) {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestURLs(t *testing.T) {
	d := New()
	for _, c := range []struct{ typed, url, head string }{
		{"example.test", "https://example.test/", "GET / HTTP/1.1\r\nHost: example.test\r\n"},
		{"http://example.test:8080/a?b=c#d", "http://example.test:8080/a?b=c", "GET /a?b=c HTTP/1.1\r\nHost: example.test:8080\r\n"},
		{"https://example.test?x", "https://example.test/?x", "GET /?x HTTP/1.1\r\nHost: example.test\r\n"},
		{"https://bücher.test/ä", "https://xn--bcher-kva.test/%C3%A4", "GET /%C3%A4 HTTP/1.1\r\nHost: xn--bcher-kva.test\r\n"},
		{"localhost:1/", "http://localhost:1/", "GET / HTTP/1.1\r\nHost: localhost:1\r\n"},
		{"http://[::1]:1/", "http://[::1]:1/", "GET / HTTP/1.1\r\nHost: [::1]:1\r\n"},
	} {
		if err := d.SetURL(c.typed); err != nil || d.URL() != c.url || !strings.HasPrefix(string(d.Head.Raw()), c.head) {
			t.Errorf("%s: %v, %s, %q", c.typed, err, d.URL(), d.Head.Raw())
		}
	}
	// Another Host stays, and is said.
	d.Head.find("Host").Value = "other"
	if d.SetURL("http://b/") != nil || d.Head.Value("Host") != "other" || len(d.Problems()) != 1 || d.Problems()[0].Kind != HostDiffers {
		t.Errorf("%q, %v", d.Head.Raw(), d.Problems())
	}
	// A target in absolute form stays one, and odd bytes of a target stay when another part is edited.
	d = &Draft{Scheme: "http", Host: "a", Head: ParseHead([]byte("GET http://a/\xc3\xa4 HTTP/1.0\r\nHost: a\r\n\r\n"), nil)}
	if d.URL() != "http://a/\xc3\xa4" || d.SetURL(d.URL()+"?x") != nil ||
		string(d.Head.Raw()) != "GET http://a/\xc3\xa4?x HTTP/1.0\r\nHost: a\r\n\r\n" {
		t.Errorf("%q", d.Head.Raw())
	}
	// HTTP/2 says it in pseudo-header fields.
	d = &Draft{Scheme: "https", Host: "a", Head: ParseHead([]byte(oddHeads[6]), nil)}
	if d.SetURL("https://b/c") != nil || d.Head.SetMethod("PUT") != nil || !strings.HasPrefix(string(d.Head.Raw()),
		":method: PUT\r\n:scheme: https\r\n:path: /c\r\n:authority: b\r\nx: \xff\x00\r\n") {
		t.Errorf("%q", d.Head.Raw())
	}
}
