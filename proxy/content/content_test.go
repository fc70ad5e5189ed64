package content_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"posthouse/proxy/content"
)

func pack(t testing.TB, coding string, body []byte) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "bare":
		w, _ = flate.NewWriter(&b, 6)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecode(t *testing.T) {
	body := []byte(strings.Repeat("some text, some text. ", 1000))
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		packed := pack(t, coding, body)
		if got, err := content.Decode(coding, packed); err != nil || !bytes.Equal(got.Body, body) || got.Codings != coding || got.After {
			t.Errorf("%s: %d bytes, %v", coding, len(got.Body), err)
		}
		if got, err := content.Decode(" "+strings.ToUpper(coding)+" , identity", packed); err != nil || !bytes.Equal(got.Body, body) {
			t.Errorf("%s in capitals: %v", coding, err)
		}
		got, err := content.Decode(coding, packed[:len(packed)*3/4])
		if err == nil || !bytes.HasPrefix(body, got.Body) && !bytes.Equal(got.Body, packed[:len(packed)*3/4]) {
			t.Errorf("%s cut short: %d bytes, %v", coding, len(got.Body), err)
		}
		// Other bytes behind the end are passed over, as browsers do.
		if got, err := content.Decode(coding, append(bytes.Clone(packed), "\x00\x00 more"...)); err != nil ||
			!bytes.Equal(got.Body, body) || !got.After {
			t.Errorf("%s with more behind: %d bytes, %v, %v", coding, len(got.Body), got.After, err)
		}
	}
	if got, err := content.Decode("deflate", pack(t, "bare", body)); err != nil || !bytes.Equal(got.Body, body) {
		t.Errorf("bare deflate: %v", err)
	}
	if got, err := content.Decode("gzip, br", pack(t, "br", pack(t, "gzip", body))); err != nil || !bytes.Equal(got.Body, body) ||
		got.Codings != "gzip, br" {
		t.Errorf("two codings: %v", err)
	}
	if got, err := content.Decode("x-gzip", append(pack(t, "gzip", body), pack(t, "gzip", []byte("end"))...)); err != nil ||
		string(got.Body) != string(body)+"end" || got.After {
		t.Errorf("two members: %d bytes, %v", len(got.Body), err)
	}
	for _, none := range []string{"", "identity", "none", "None, identity", "utf-8", "8bit", "binary"} {
		if got, err := content.Decode(none, []byte("plain")); err != nil || string(got.Body) != "plain" || got.Codings != "" {
			t.Errorf("%q: %q, %v", none, got.Body, err)
		}
	}
	for _, bad := range []string{"odd", "gzip,gzip,gzip,gzip,gzip", "gzip"} {
		if got, err := content.Decode(bad, []byte("plain")); err == nil || string(got.Body) != "plain" ||
			errors.Is(err, content.ErrCoding) != (bad == "odd") {
			t.Errorf("%s of what is not: %q, %v", bad, got.Body, err)
		}
	}
}

// A small body that becomes a huge one ends at the bound.
func TestDecodeIsBounded(t *testing.T) {
	bomb := pack(t, "gzip", make([]byte, content.MaxDecoded+1<<20))
	got, err := content.Decode("gzip", bomb)
	if err == nil || len(got.Body) != content.MaxDecoded {
		t.Errorf("%d bytes, %v", len(got.Body), err)
	}
}

func TestShortTypes(t *testing.T) {
	for full, want := range map[string]string{
		"application/json; charset=utf-8": "json", "text/html": "html", "image/svg+xml": "svg", "application/problem+json": "json",
		"IMAGE/PNG":  "png",
		"text/plain": "text", "application/x-www-form-urlencoded": "form", "": "", "odd": "odd", "application/x-thing": "thing",
		"application/octet-stream": "bytes",
	} {
		if got := content.ShortType(full); got != want {
			t.Errorf("%q: %q, want %q", full, got, want)
		}
	}
}

func TestFields(t *testing.T) {
	start, fields := content.Fields([]byte("GET / HTTP/1.1\r\nA:  1 \r\na:2\r\nBad line\r\nX: caf\xe9\x01\r\n\r\n"))
	if start != "GET / HTTP/1.1" || len(fields) != 4 || fields[0] != (content.Field{Name: "A", Value: "1"}) ||
		fields[2].Name != "Bad line" || fields[3].Value != "café␁" {
		t.Errorf("%q %q", start, fields)
	}
	if got := content.Value(fields, "a"); got != "1, 2" {
		t.Errorf("%q", got)
	}
}

// Broken heads show what was meant.
func TestFieldsOfABrokenHead(t *testing.T) {
	for head, want := range map[string]string{
		"HTTP/1.1 200 OK\nA : 1\n 2\n\t3\nB: 4\n\n":                      "HTTP/1.1 200 OK|A=1 2 3|B=4",
		"HTTP/1.1 200 OK\r\nContent-Type:\r\n text/css\r\n\r\n":          "HTTP/1.1 200 OK|Content-Type=text/css",
		"\r\n\nhttp/1.1 200\r\nA: 1\r\n\r\n":                             "http/1.1 200|A=1",
		"ICY 200 OK\r\nicy-name: x\r\n\r\n":                              "ICY 200 OK|icy-name=x",
		"HTTP/1.1 200 OK\r\n A: 1\r\nB\r\n: 2\r\nC\x00D: 3\x004\r\n\r\n": "HTTP/1.1 200 OK| A=1|B=|=2|C␀D=3␀4",
		"\nA: 1\r\n 2\r\n": "|A=1 2", // a trailer section
		"POST / HTTP/1.1\r\nA: 1\r\n\r\nbody\r\nB: 2\r\n\r\n": "POST / HTTP/1.1|A=1", // refused, with what came behind it
	} {
		start, fields := content.Fields([]byte(head))
		got := start
		for _, f := range fields {
			got += "|" + f.Name + "=" + f.Value
		}
		if got != want {
			t.Errorf("%q gives %q", head, got)
		}
	}
}

// The heads of HTTP/2 begin with pseudo-header fields instead of a start-line.
func TestFieldsOfHTTP2(t *testing.T) {
	for head, want := range map[string]string{
		":method: GET\r\n:scheme: https\r\n:authority: a:1\r\n:path: /x y\r\ncookie: b: c\r\n\r\n": "" +
			"GET /x y HTTP/2|:method=GET|:scheme=https|:authority=a:1|:path=/x y|cookie=b: c",
		":status: 404\r\nserver: s\r\n\r\n": "HTTP/2 404|:status=404|server=s",
		":":                                 " HTTP/2|:=",
	} {
		start, fields := content.Fields([]byte(head))
		got := start
		for _, f := range fields {
			got += "|" + f.Name + "=" + f.Value
		}
		if got != want {
			t.Errorf("%q gives %q", head, got)
		}
	}
}

// A decoder that was given a broken body decodes the next one as if it were new.
func TestDecodersAreUsedAgain(t *testing.T) {
	body := bytes.Repeat([]byte("again and again "), 5000)
	for _, coding := range []string{"gzip", "br"} {
		whole := pack(t, coding, body)
		broken := append(bytes.Clone(whole[:len(whole)/2]), bytes.Repeat([]byte{0xff}, 100)...)
		for i := range 20 {
			_, _ = content.Decode(coding, broken[:len(broken)-i*4])
			_, _ = content.Decode(coding, whole[:min(i, len(whole))])
			if got, err := content.Decode(coding, whole); err != nil || !bytes.Equal(got.Body, body) {
				t.Fatalf("%s: %d bytes, %v", coding, len(got.Body), err)
			}
		}
	}
}
