package content_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

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
		if got, err := content.Decode(coding, packed); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%s: %d bytes, %v", coding, len(got), err)
		}
		if got, err := content.Decode(" "+strings.ToUpper(coding)+" , identity", packed); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%s in capitals: %v", coding, err)
		}
		got, err := content.Decode(coding, packed[:len(packed)*3/4])
		if err == nil || !bytes.HasPrefix(body, got) && !bytes.Equal(got, packed[:len(packed)*3/4]) {
			t.Errorf("%s cut short: %d bytes, %v", coding, len(got), err)
		}
	}
	if got, err := content.Decode("deflate", pack(t, "bare", body)); err != nil || !bytes.Equal(got, body) {
		t.Errorf("bare deflate: %v", err)
	}
	if got, err := content.Decode("gzip, br", pack(t, "br", pack(t, "gzip", body))); err != nil || !bytes.Equal(got, body) {
		t.Errorf("two codings: %v", err)
	}
	for _, bad := range []string{"odd", "gzip,gzip,gzip,gzip,gzip", "gzip"} {
		if got, err := content.Decode(bad, []byte("plain")); err == nil || string(got) != "plain" {
			t.Errorf("%s of what is not: %q, %v", bad, got, err)
		}
	}
}

// A small body that becomes a huge one ends at the bound.
func TestDecodeIsBounded(t *testing.T) {
	bomb := pack(t, "gzip", make([]byte, content.MaxDecoded+1<<20))
	got, err := content.Decode("gzip", bomb)
	if err == nil || len(got) != content.MaxDecoded {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		contentType, body string
		want              content.Kind
	}{
		{"application/json; charset=utf-8", "{}", content.JSON}, {"application/problem+json", "{}", content.JSON}, {"", ` {"a":1}`, content.JSON},
		{"text/html", "<p>", content.Markup}, {"image/svg+xml", "<svg>", content.Markup}, {"", "<!doctype html><p>", content.Markup},
		{"text/javascript", "x", content.Code}, {"text/css", "x", content.Code}, {"application/x-www-form-urlencoded", "a=b", content.Form},
		{"text/plain", "x", content.PlainText}, {"text/plain", "a\x00b", content.Bytes}, {"text/plain", "\xff\xfea\x00", content.PlainText},
		{"image/png", "x", content.Image}, {"", "\x89PNG\r\n\x1a\n", content.Image}, {"", "\x00\x01\x02", content.Bytes}, {"application/octet-stream", "hello", content.PlainText},
		{"application/zip", "hello", content.Bytes}, {"", "", content.PlainText},
	} {
		if got := content.KindOf(c.contentType, []byte(c.body)); got != c.want {
			t.Errorf("%q %q: %v, want %v", c.contentType, c.body, got, c.want)
		}
	}
}

func TestShortTypes(t *testing.T) {
	for full, want := range map[string]string{
		"application/json; charset=utf-8": "json", "text/html": "html", "image/svg+xml": "svg", "application/problem+json": "json", "IMAGE/PNG": "png",
		"text/plain": "text", "application/x-www-form-urlencoded": "form", "": "", "odd": "odd", "application/x-thing": "thing", "application/octet-stream": "bytes",
	} {
		if got := content.ShortType(full); got != want {
			t.Errorf("%q: %q, want %q", full, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ contentType, body, want string }{
		{"text/plain; charset=gbk", "\xd6\xd0\xce\xc4", "中文"}, {"text/plain", "\xef\xbb\xbfé", "é"}, {"text/plain; charset=iso-8859-1", "caf\xe9", "café"},
		{"text/plain", "\xff\xfe\x2d\x4e", "中"}, {"text/html", `<meta charset="gbk">` + "\xd6\xd0", `<meta charset="gbk">中`}, {"application/json", `"é"`, `"é"`},
	} {
		if got, _ := content.Text(c.contentType, []byte(c.body)); got != c.want {
			t.Errorf("%q %q: %q", c.contentType, c.body, got)
		}
	}
}

func TestPrettyKeepsWhatWasSent(t *testing.T) {
	got := content.Pretty(`{"b":1.10,"a":12345678901234567890,"a":[],"s":"\u00e9<"}`)
	want := "{\n  \"b\": 1.10,\n  \"a\": 12345678901234567890,\n  \"a\": [],\n  \"s\": \"\\u00e9<\"\n}"
	if got != want {
		t.Errorf("%s", got)
	}
	if got := content.Pretty(`{"cut": [1, 2`); got != `{"cut": [1, 2` {
		t.Errorf("%q", got)
	}
}

func TestFields(t *testing.T) {
	start, fields := content.Fields([]byte("GET / HTTP/1.1\r\nA:  1 \r\na:2\r\nBad line\r\nX: caf\xe9\x01\r\n\r\n"))
	if start != "GET / HTTP/1.1" || len(fields) != 4 || fields[0] != (content.Field{Name: "A", Value: "1"}) || fields[2].Name != "Bad line" || fields[3].Value != "café␁" {
		t.Errorf("%q %q", start, fields)
	}
	if got := content.Value(fields, "a"); got != "1, 2" {
		t.Errorf("%q", got)
	}
}

func TestFormFields(t *testing.T) {
	got := content.FormFields("a=1&b=%E4%B8%AD+x&c&&bad=%zz")
	want := []content.Field{{Name: "a", Value: "1"}, {Name: "b", Value: "中 x"}, {Name: "c"}, {Name: "bad", Value: "%zz"}}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}

func TestHex(t *testing.T) {
	d := content.Hex([]byte("hello, world \x00\xff!x"))
	if d.Len() != 2 || d.Line(0) != "00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 20 00 ff 21  hello, world ..!" {
		t.Errorf("%d %q", d.Len(), d.Line(0))
	}
	if got := d.Line(1); !strings.HasPrefix(got, "00000010  78 ") || !strings.HasSuffix(got, " x") {
		t.Errorf("%q", got)
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a\nb\r\n\nc")
	f.Add(strings.Repeat("é", 3000) + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		d := content.Lines(text)
		total := 0
		for i := range d.Len() {
			line := d.Line(i)
			if len(line) > 3*content.MaxLine || strings.ContainsAny(line, "\r\n\x00") || !utf8.ValidString(line) {
				t.Fatalf("line %d: %q", i, line)
			}
			total += utf8.RuneCountInString(line)
		}
		runes := utf8.RuneCountInString(text)
		if total > runes || total < runes-2*strings.Count(text, "\n")-strings.Count(text, "\r") {
			t.Fatalf("%d of %d runes", total, runes)
		}
	})
}

func BenchmarkLines(b *testing.B) {
	text := strings.Repeat("some line of text\n", 60_000)
	for b.Loop() {
		content.Lines(text)
	}
}

// The heads of HTTP/2 begin with pseudo-header fields instead of a start-line.
func TestFieldsOfHTTP2(t *testing.T) {
	for head, want := range map[string]string{
		":method: GET\r\n:scheme: https\r\n:authority: a:1\r\n:path: /x y\r\ncookie: b: c\r\n\r\n": "GET /x y HTTP/2|:method=GET|:scheme=https|:authority=a:1|:path=/x y|cookie=b: c",
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
