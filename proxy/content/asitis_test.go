package content_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"posthouse/proxy/content"
)

// What stands in a body as it is found there; of what does not, nothing is claimed.
func TestAsItIs(t *testing.T) {
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("needle 中文")
	jis, _ := japanese.ISO2022JP.NewEncoder().String("日本needle")
	hz, _ := simplifiedchinese.HZGB2312.NewEncoder().String("nee中dle")
	ebcdic, _ := charmap.CodePage037.NewEncoder().String("needle")
	gbk, _ := simplifiedchinese.GBK.NewEncoder().String("中文needle")
	for name, c := range map[string]struct {
		contentType, body string
		ascii, any        bool
	}{
		"plain":             {"", "a needle", true, true},
		"utf-8":             {"text/plain; charset=utf-8", "中文", true, true},
		"quoted":            {`text/plain; Charset="UTF-8"`, "中文", true, true},
		"json":              {"application/json", `{"a":"中文"}`, true, true},
		"latin":             {"text/plain; charset=ISO-8859-1", "caf\xe9", true, false},
		"latin as utf-8":    {"text/plain; charset=iso-8859-1", "cafÃ©", true, false},
		"gbk":               {"text/plain; charset=gbk", gbk, true, false},
		"unlabelled gbk":    {"text/plain", gbk, true, false},
		"utf-16":            {"text/plain", utf16, false, false},
		"iso 2022":          {"text/plain; charset=iso-2022-jp", jis, false, false},
		"hz":                {"text/plain; charset=hz-gb-2312", hz, false, false},
		"ebcdic":            {"text/plain; charset=ibm037", ebcdic, false, false},
		"ebcdic, spaced":    {"text/plain; charset = ibm037", ebcdic, false, false},
		"ebcdic, extended":  {"text/plain; charset*=utf-8''ibm037", ebcdic, false, false},
		"ebcdic, continued": {"text/plain; charset*0=ibm037", ebcdic, false, false},
		"html":              {"text/html", "<html><meta charset=utf-8>needle", true, true},
		"html of another":   {"text/html", "<html><meta charset=hz-gb-2312>nee~{~}dle", false, false},
		"xml of another":    {"text/xml", `<?xml version="1.0" encoding="ibm037"?>`, false, false},
		"css":               {"text/css", `@charset "hz-gb-2312";`, false, false},
	} {
		head := []byte("HTTP/1.1 200 OK\r\nSet-Cookie: a=b=c\r\nContent-Type: " + c.contentType + "\r\n\r\n")
		if got := content.AsItIs(head, []byte(c.body), true); got != c.ascii {
			t.Errorf("%s: %v of ASCII", name, got)
		}
		if got := content.AsItIs(head, []byte(c.body), false); got != c.any {
			t.Errorf("%s: %v of any text", name, got)
		}
	}
}

// What AsItIs promises, Searchable keeps.
func FuzzAsItIs(f *testing.F) {
	for _, s := range []string{"text/plain; charset=gbk\x00abc\xd6\xd0def", "\x00~{<:Ky2;~}x",
		"text/html\x00<meta charset=big5>abc", "; charset=utf-8\x00\xef\xbb\xbfabc",
		"; charset=shift_jis\x00\x83\x5cab\x81", "text/xml\x00<?xml version='1.0' encoding='euc-jp'?>"} {
		contentType, body, _ := strings.Cut(s, "\x00")
		f.Add(contentType, []byte(body))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		if strings.ContainsAny(contentType, "\r\n") {
			return
		}
		head := []byte("HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\n\r\n")
		text, _, _ := content.Searchable(contentType, body)
		if content.AsItIs(head, body, true) {
			for piece := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r >= 0x80 }) {
				if !bytes.Contains(body, piece) {
					t.Errorf("%q is searched in %q of %q", piece, body, contentType)
				}
			}
		}
		if content.AsItIs(head, body, false) && !bytes.Contains(body, text) {
			t.Errorf("%q is searched in %q of %q", text, body, contentType)
		}
	})
}
