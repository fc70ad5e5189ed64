package content_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"

	"posthouse/proxy/content"
)

// kib is ASCII that fills what browsers look at first.
var kib = strings.Repeat("0123456789abcde\n", 80)

func wide(text string, big bool) string {
	var b strings.Builder
	for _, r := range text {
		if big {
			b.WriteString(string([]byte{byte(r >> 8), byte(r)}))
		} else {
			b.WriteString(string([]byte{byte(r), byte(r >> 8)}))
		}
	}
	return b.String()
}

func TestText(t *testing.T) {
	const gbk, utf = "\xd6\xd0\xce\xc4\xd7\xd6\xb7\xfb", "中文字符"
	japaneseText, _ := japanese.ISO2022JP.NewEncoder().String("日本語")
	eucKR, _ := korean.EUCKR.NewEncoder().String("안녕하세요")
	for _, c := range []struct{ name, contentType, body, want, charset, declared string }{
		{"declared", "text/plain; charset=gbk", gbk, utf, "gbk", ""},
		{"declared with quotes and spaces", `text/plain ; Charset = "GB2312"`, gbk, utf, "gbk", ""},
		{"declared, four bytes", "text/plain; charset=gbk", "\x81\x30\x81\x30", "\u0080", "gbk", ""},
		{"declared, Korean", "text/plain; charset=ks_c_5601-1987", eucKR, "안녕하세요", "euc-kr", ""},
		{"declared, windows-1251", "text/plain; charset=windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет", "windows-1251", ""},
		{"declared, Latin-1", "text/plain; charset=iso-8859-1", "caf\xe9", "café", "windows-1252", ""},
		{"mark", "text/plain", "\xef\xbb\xbfé", "é", "utf-8", ""},
		{"mark before a label", "text/plain; charset=gbk", "\xef\xbb\xbfé", "é", "utf-8", ""},
		{"UTF-16 mark", "text/plain", "\xff\xfe\x2d\x4e", "中", "utf-16le", ""},
		{"UTF-32 mark", "text/plain", "\xff\xfe\x00\x00\x2d\x4e\x00\x00", "中", "utf-32le", ""},
		{"UTF-16 without a mark", "text/plain; charset=utf-16", wide("a, 中, b", false), "a, 中, b", "utf-16le", ""},
		{"UTF-16, the other order", "text/plain; charset=utf-16", wide("a, 中, b", true), "a, 中, b", "utf-16be", ""},
		{"UTF-16BE", "text/plain; charset=utf-16be", wide("中文", true), "中文", "utf-16be", ""},
		{"UTF-16 that is not declared", "application/json", wide(`{"a": "中"}`, false), `{"a": "中"}`, "utf-16le", ""},
		{"UTF-16 that is none", "text/xml; charset=utf-16", "<a>é</a>", "<a>é</a>", "utf-8", "utf-16"},
		{"meta", "text/html", `<meta charset="gbk">` + gbk, `<meta charset="gbk">` + utf, "gbk", ""},
		{"meta, old", "text/html", `<META http-equiv=Content-Type content="text/html; charset=gb2312">` + gbk,
			`<META http-equiv=Content-Type content="text/html; charset=gb2312">` + utf, "gbk", ""},
		{"meta in a comment", "text/html", `<!-- <meta charset="big5"> -->é`, `<!-- <meta charset="big5"> -->é`, "utf-8", ""},
		{"XML", "text/xml", `<?xml version="1.0" encoding="GBK"?><a>` + gbk + `</a>`,
			`<?xml version="1.0" encoding="GBK"?><a>` + utf + `</a>`, "gbk", ""},
		{"XML, single quotes", "application/atom+xml",
			`<?xml version='1.0' encoding = 'shift_jis' standalone='yes'?><a>` + "\x93\xfa\x96\x7b" + `</a>`,
			`<?xml version='1.0' encoding = 'shift_jis' standalone='yes'?><a>日本</a>`, "shift_jis", ""},
		{"XML that says UTF-16 and is not", "text/xml", `<?xml version="1.0" encoding="utf-16"?><a>é</a>`,
			`<?xml version="1.0" encoding="utf-16"?><a>é</a>`, "utf-8", "utf-16"},
		{"XML, the head counts more", "text/xml; charset=utf-8", `<?xml version="1.0" encoding="GBK"?><a>é</a>`,
			`<?xml version="1.0" encoding="GBK"?><a>é</a>`, "utf-8", ""},
		{"CSS", "text/css", `@charset "gbk";a{content:"` + gbk + `"}`, `@charset "gbk";a{content:"` + utf + `"}`, "gbk", ""},
		{"HZ", "text/plain; charset=hz-gb-2312", "a~{VPND~}b", "a中文b", "hz-gb-2312", ""},
		{"ISO-2022-JP", "text/plain; charset=iso-2022-jp", japaneseText, "日本語", "iso-2022-jp", ""},
		{"ISO-2022-JP that is not declared", "text/plain", japaneseText, "日本語", "iso-2022-jp", ""},
		{"replaced in browsers", "text/plain; charset=iso-2022-kr", "plain 中", "plain 中", "utf-8", "iso-2022-kr"},
		{"no such charset", "text/plain; charset=utf-88", "中", "中", "utf-8", "utf-88"},
		{"no such charset, ASCII", "text/plain; charset=utf-88", "plain", "plain", "utf-8", ""},
		{"UTF-8 called GBK", "text/plain; charset=gbk", utf, utf, "utf-8", "gbk"},
		{"UTF-8 called Latin-1", "text/plain; charset=iso-8859-1", utf, utf, "utf-8", "iso-8859-1"},
		{"GBK called UTF-8", "text/plain; charset=utf-8", gbk, utf, "gb18030", "utf-8"},
		{"JSON in GBK called UTF-8", "application/json; charset=utf-8", `{"a":"` + gbk + `"}`, `{"a":"` + utf + `"}`, "gb18030", "utf-8"},
		{"a bad byte in UTF-8", "text/plain; charset=utf-8", "a\xff中", "a\ufffd中", "utf-8", ""},
		{"cut in a character", "text/plain", kib + "中\xe6\x96", kib + "中\ufffd", "utf-8", ""},
		{"cut in the only character", "text/plain", kib + "\xe6\x96", kib + "\ufffd", "utf-8", ""},
		{"a bad byte behind the first KiB", "text/plain", kib + "\xff中", kib + "\ufffd中", "utf-8", ""},
		{"JSON cut in a character", "application/json", `"` + kib + "中\xe6\x96", `"` + kib + "中\ufffd", "utf-8", ""},
		{"JSON with a bad byte", "application/json", `"` + kib + "\xff\"", `"` + kib + "\ufffd\"", "utf-8", ""},
		{"Latin-1 that is not declared", "text/plain", kib + "caf\xe9", kib + "café", "windows-1252", ""},
		{"GBK that is not declared", "text/plain", kib + gbk, kib + utf, "gb18030", ""},
		{"nothing", "text/plain", "", "", "utf-8", ""},
	} {
		got, used := content.Text(c.contentType, []byte(c.body))
		if got != c.want || used.Name != c.charset || used.Declared != c.declared {
			t.Errorf("%s: %.60q, %+v", c.name, got[max(0, len(got)-60):], used)
		}
	}
}

// What a person chooses is obeyed, whatever comes of it.
func TestTextIn(t *testing.T) {
	for _, c := range []struct{ label, body, want, name string }{
		{"windows-1252", "中", "ä¸\u00ad", "windows-1252"}, {"gb18030", "\xd6\xd0", "中", "gb18030"},
		{"utf-16be", "\xfe\xff\x4e\x2d", "中", "utf-16be"}, {"utf-8", "\xef\xbb\xbfa", "a", "utf-8"},
		{"euc-jp", "\xc6\xfc\xcb\xdc", "日本", "euc-jp"}, {"no such", "é", "é", "utf-8"},
	} {
		if got, used := content.TextIn(c.label, []byte(c.body)); got != c.want || used.Name != c.name {
			t.Errorf("%s: %q, %+v", c.label, got, used)
		}
	}
}

func TestFormFields(t *testing.T) {
	for _, c := range []struct{ form, label, want, charset, declared string }{
		{"a=1&b=%E4%B8%AD+x&c&&bad=%zz", "", "a=1|b=中 x|c=|bad=%zz", "utf-8", ""},
		{"a=%C4%E3&%BA%C3=x", "GBK", "a=你|好=x", "gbk", ""},
		{"a=%C4%E3%BA%C3&b=%D6%D0", "", "a=你好|b=中", "gb18030", ""},
		{"_charset_=gbk&a=%C4%E3", "", "_charset_=gbk|a=你", "gbk", ""},
		{"a=%93%FA%96%7B", "shift_jis", "a=日本", "shift_jis", ""},
		{"a=%E4%B8%AD%E6%96%87", "gbk", "a=中文", "utf-8", "gbk"},
		{"a=caf%E9", "", "a=caf%E9", "utf-8", ""},
		{"a=caf%E9", "iso-8859-1", "a=café", "windows-1252", ""},
		{"a=1", "no-such", "a=1", "utf-8", ""},
		{"a=100%&b=%4", "", "a=100%|b=%4", "utf-8", ""},
		{"a=中&b=\xd6", "", "a=中|b=\ufffd", "utf-8", ""},
	} {
		fields, used := content.FormFields(c.form, c.label)
		var got []string
		for _, f := range fields {
			got = append(got, f.Name+"="+f.Value)
		}
		if text := strings.Join(got, "|"); text != c.want || used.Name != c.charset || used.Declared != c.declared {
			t.Errorf("%q in %q: %q, %+v", c.form, c.label, text, used)
		}
	}
}

func TestParameters(t *testing.T) {
	for _, c := range []struct{ field, name, want string }{
		{"text/plain; charset=gbk", "charset", "gbk"}, {"text/plain;CHARSET=\"gb k\" ; a=b", "charset", "gb k"}, {"a; b=1; b=2", "b", "1"},
		{"multipart/mixed; boundary=a=b", "boundary", "a=b"}, {"multipart/mixed; boundary=http://x/y:z?", "boundary", "http://x/y:z?"},
		{`multipart/mixed; boundary="a;b"; x=y`, "boundary", "a;b"},
		{"form-data; name=a; filename=my cat.png", "filename", "my cat.png"}, {`form-data; filename="a\"b\\c"`, "filename", `a"b\c`},
		{`form-data; filename="C:\dir\cat.png"`, "filename", `C:\dir\cat.png`},
		{"form-data; filename=x; filename*=UTF-8''%E4%B8%AD.txt", "filename", "中.txt"},
		{"attachment; filename*=gbk'zh'%D6%D0.txt", "filename", "中.txt"},
		{"attachment; filename*=bad%zz; filename=good", "filename", "good"},
		{"a; name*0=one; name*1=two", "name", "onetwo"}, {"a; name*0*=utf-8''%E4; name*1*=%B8%AD", "name", "中"},
		{`a; name="open`, "name", "open"}, {"a; =x; ;; y", "", ""}, {"", "", ""},
	} {
		if got := content.Parameters(c.field)[c.name]; got != c.want {
			t.Errorf("%q: %q, want %q", c.field, got, c.want)
		}
	}
}
