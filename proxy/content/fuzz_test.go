package content_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"posthouse/proxy/content"
)

// Whatever the bytes, decoding ends, stays inside its bound and leaves what it was given alone.
func FuzzDecode(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "gzip, br", "identity", "x"} {
		f.Add(coding, []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00"))
		f.Add(coding, []byte("\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00\x61"))
		f.Add(coding, []byte("\x78\x9c\x4b\x04\x00\x00\x62\x00\x62"))
	}
	f.Fuzz(func(t *testing.T, codings string, body []byte) {
		sent := bytes.Clone(body)
		decoded, err := content.Decode(codings, body)
		if len(decoded) > content.MaxDecoded {
			t.Fatalf("%d bytes", len(decoded))
		}
		if err == nil && codings == "" && !bytes.Equal(decoded, body) {
			t.Fatal("altered without a coding")
		}
		if !bytes.Equal(sent, body) {
			t.Fatal("the body was written to")
		}
	})
}

// What the window shows of a message is made of bytes from the network: every
// view must come to an end, with text that can be drawn.
func FuzzViews(f *testing.F) {
	f.Add("text/html; charset=gbk", []byte("<meta charset=\"gbk\">\xd6\xd0"))
	f.Add("application/json", []byte(`{"a":[1,2,{"b":1e9}],"c":"\u00e9"`))
	f.Add("application/x-www-form-urlencoded", []byte("a=1&b=%E4%B8%AD+x&&c=%zz"))
	f.Add("text/plain; charset=utf-16", []byte("\xff\xfe\x2d\x4e\x00"))
	f.Add("image/png", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"))
	f.Add("x", []byte("GET / HTTP/1.1\r\nA: 1\r\n b\r\nC\r\n\r\n"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		if len(body) > 64<<10 {
			return
		}
		content.MediaType(contentType)
		content.ShortType(contentType)
		content.KindOf(contentType, body)
		text, _ := content.Text(contentType, body)
		if !utf8.ValidString(text) {
			t.Fatalf("%q", text)
		}
		content.Lines(content.Pretty(text))
		content.FormFields(text)
		_, fields := content.Fields(body)
		for _, field := range fields {
			if strings.ContainsAny(field.Name+field.Value, "\r\n\x00") || !utf8.ValidString(field.Name+field.Value) {
				t.Fatalf("%q", field)
			}
		}
		if hex := content.Hex(body); hex.Len() != (len(body)+15)/16 {
			t.Fatalf("%d lines for %d bytes", hex.Len(), len(body))
		}
	})
}
