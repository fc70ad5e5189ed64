package content_test

import (
	"bytes"
	"encoding/json"
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
		if len(decoded.Body) > content.MaxDecoded {
			t.Fatalf("%d bytes", len(decoded.Body))
		}
		if err == nil && codings == "" && !bytes.Equal(decoded.Body, body) {
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
	f.Add("text/plain; charset=utf-16", []byte("a\x00b\x00"))
	f.Add("text/xml", []byte("<?xml version=\"1.0\" encoding=\"GBK\"?>\xd6\xd0"))
	f.Add("hz-gb-2312", []byte("~{VPND~}"))
	f.Add("text/css", []byte("@charset \"gbk\";\xd6\xd0"))
	f.Add("text/html", []byte(")]}',\n{\"a\":[1e5,\"\\u4e2d\"]}"))
	f.Add("multipart/mixed; boundary=a=b; x*0*=gbk'zh'%D6; x*1=y",
		[]byte("--a=b\nContent-Disposition: form-data; filename==?utf-8?B?5Lit?=\n\nv\n--a=b--"))
	f.Add("gbk", []byte("_charset_=gbk&a=%C4%E3&%zz=+"))
	f.Add("x", []byte("GET / HTTP/1.1\r\nA: 1\r\n b\r\nC\r\n\r\n"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		if len(body) > 64<<10 {
			return
		}
		content.ShortType(contentType)
		content.KindOf(contentType, body)
		content.Parts(contentType, body)
		text, used := content.Text(contentType, body)
		chosen, _ := content.TextIn(contentType, body)
		if !utf8.ValidString(text) || !utf8.ValidString(chosen) || used.Name == "" {
			t.Fatalf("%q, %q, %v", text, chosen, used)
		}
		content.UnwrapJSON(text, true)
		form, _ := content.FormFields(string(body), contentType)
		for _, field := range form {
			if !utf8.ValidString(field.Name + field.Value) {
				t.Fatalf("%q", field)
			}
		}
		_, fields := content.Fields(body)
		for _, field := range fields {
			if strings.ContainsAny(field.Name+field.Value, "\r\n\x00") || !utf8.ValidString(field.Name+field.Value) {
				t.Fatalf("%q", field)
			}
		}
	})
}

// What is taken for JSON is what encoding/json takes for it, but for its depth.
func FuzzReadJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e3,"\u4e2d",true,null]}`, "[1,]", "01", `"\x"`, "[[[[", "{}", "1 2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 64<<10 {
			return
		}
		trimmed := strings.TrimRight(text, " \t\r\n")
		end, how := content.ReadJSON(trimmed)
		if got, want := how == content.JSONWhole && end == len(trimmed), json.Valid([]byte(text)); got != want &&
			strings.Count(text, "[")+strings.Count(text, "{") < 10_000 {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
		for cut := range min(len(trimmed), 64) {
			if how == content.JSONWhole && end == len(trimmed) && !content.IsJSON(trimmed[:cut], true) &&
				strings.TrimSpace(trimmed[:cut]) != "" {
				t.Fatalf("%q is none up to %d", text, cut)
			}
		}
	})
}
