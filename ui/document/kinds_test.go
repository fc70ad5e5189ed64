package document

import (
	"context"
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	"posthouse/ui/words"
)

// textOfDoc is all that is shown of a body.
func textOfDoc(p *Prepared) string {
	if p.Doc == nil {
		return ""
	}
	return strings.Join(lineTexts(p.Doc), "\n")
}

// Each body is shown as what it is, whatever it was called, with a word about that.
func TestBodiesThatAreNotWhatTheySay(t *testing.T) {
	const form, multi = "application/x-www-form-urlencoded", "multipart/form-data; boundary="
	upload := func(boundary, disposition string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; " + disposition + "\r\nContent-Type: text/plain\r\n\r\nhi\r\n--" +
			boundary + "--\r\n"
	}
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for _, c := range []struct {
		name, contentType, codings, body string
		want                             string // that is shown, or its beginning where it ends in …
		kind, notices                    string
	}{
		{"JSON sent as a form", form, "", `{"a":"b&c=d"}`, "{\n  \"a\": \"b&c=d\"\n}", "JSON", "mislabelled"},
		{"XML sent as a form", form, "", `<a><b>1&amp;2</b></a>`, "<a>\n  <b>1&amp;2</b>\n</a>", "XML", "mislabelled"},
		{"text sent as a form", form, "", "one & two\nthree", "one & two\nthree", "Text", "mislabelled"},
		{"JSON called an image", "image/png", "", `{"error":"gone"}`, "{\n  \"error\": \"gone\"\n}", "JSON", "mislabelled"},
		{"text called an image", "image/gif", "", "Not found", "Not found", "Text", "mislabelled"},
		{"a page called JSON", "application/json", "", "<!DOCTYPE html><title>502</title>", "<!DOCTYPE html>…", "HTML", "mislabelled"},
		{"JSON called a page", "text/html; charset=utf-8", "", `[1]`, "[\n  1\n]", "JSON", "mislabelled"},
		{"a file called a page", "text/html", "", "\x00\x01\x02", "00000000  00 01 02…", "Binary", "mislabelled"},
		{"AVIF", "image/avif", "", "\x00\x00\x00\x20ftypavif\x00\x00\x00\x00", "00000000  00 00 00 20…", "AVIF", "other_picture"},
		{"no image at all", "image/png", "", "\x01\x02\x03", "00000000  01 02 03…", "Image", "unknown_picture"},

		{"a name without quotes", multi + "X", "", upload("X", "name=f; filename=my cat.txt"),
			"f  my cat.txt · text/plain · 2 B\n   hi", "Form", ""},
		{"a name of RFC 8187", multi + "X", "", upload("X", "name=f; filename*=UTF-8''%E7%8C%AB.txt"),
			"f  猫.txt · text/plain · 2 B\n   hi", "Form", ""},
		{"a boundary without quotes", multi + "a=b/c:d", "", upload("a=b/c:d", `name="f"; filename="a"`),
			"f  a · text/plain · 2 B\n   hi", "Form", ""},
		{"ranges", "multipart/byteranges; boundary=X", "",
			"--X\r\nContent-Range: bytes 0-1/5\r\n\r\nab\r\n--X\r\nContent-Range: bytes 4-4/5\r\nContent-Type: " +
				"image/png\r\n\r\n\x00\r\n--X--",
			"Part 1\nContent-Range  bytes 0-1/5\n               2 B\n               ab\n\nPart 2\nContent-Range  bytes " +
				"4-4/5\nContent-Type   image/png\n               1 B", "multipart/byteranges", ""},
		{"parts without heads", "multipart/mixed; boundary=X", "", "--X\n\none\n--X--", "Part 1\n  3 B\n  one", "multipart/mixed", ""},
		{"multipart that is none", multi + "X", "", "nothing", "nothing", "Text", "mislabelled"},

		{"lines of JSON, a bad one", "application/x-ndjson", "", "{\"a\":1}\noops\n[2]\n", "{\n  \"a\": 1\n}\noops\n[\n  2\n]", "JSON",
			"bad_lines"},
		{"a sequence of JSON", "application/json-seq", "", "\x1e{}\n\x1e[]\n", "{}\n[]", "JSON", ""},
		{"deep JSON", "application/json", "", deep, "[\n  [\n…", "JSON", ""},
		{"JSON with a mark", "application/json", "", "\ufeff{}", "{}", "JSON", ""},
		{"no JSON", "application/json", "", `{"a":}`, `{"a":}`, "JSON", "no_json"},
		{"what begins like JSON", "text/plain", "", `{"a":`, `{"a":`, "Text", ""},
		{"JSON behind a guard", "application/json", "", ")]}',\n{\"a\":1}", ")]}',\n{\n  \"a\": 1\n}", "JSON", ""},
		{"JSON behind a loop", "application/json", "", "for(;;);{\"a\":1}", "for(;;);\n{\n  \"a\": 1\n}", "JSON", ""},
		{"JSON in a call", "application/json", "", "cb({\"a\":1});", "cb(\n{\n  \"a\": 1\n}\n);", "JSON", ""},
		{"JSON with escapes", "application/json", "", `{"\u540d":"\u4e2d\u6587 \ud83d\ude00 \u003c\u0000"}`,
			"{\n  \"名\": \"中文 😀 <\\u0000\"\n}", "JSON", ""},
		{"JSON, its suffix", "application/vnd.api+json", "", `[]`, "[]", "JSON", ""},
		{"events", "text/event-stream", "", "data: {}\n\n", "data: {}\n\n", "Text", ""},
		{"a table", "text/csv", "", "a,b\n1,2", "a,b\n1,2", "Text", ""},

		{"no coding", "text/plain", "none", "plain", "plain", "Text", ""},
		{"identity", "text/plain", "identity", "plain", "plain", "Text", ""},
		{"an unknown coding", "text/plain", "aws-chunked", "plain", "plain", "Text", "unknown_coding"},
		{"more behind gzip", "text/plain", "gzip", string(uitest.Packed("gzip", "plain")) + "\x00\x00", "plain", "Text", ""},
		{"gzip twice", "text/plain", "x-gzip", string(uitest.Packed("gzip", "one ")) + string(uitest.Packed("gzip", "two")),
			"one two", "Text", ""},
		{"gzip cut", "text/plain", "gzip", string(uitest.Packed("gzip", strings.Repeat("abc ", 9000))[:60]), "abc abc…", "Text",
			"short_coding"},
	} {
		p := Prepare(t.Context(), &Source{uitest.Whole([]byte(c.body)), c.contentType, c.codings}, Choice{})
		got := textOfDoc(p)
		want, begins := strings.CutSuffix(c.want, words.Ellipsis)
		if got != want && !(begins && strings.HasPrefix(got, want)) || p.kindText() != c.kind || noticeKeys(p) != c.notices {
			t.Errorf("%s: kind %q, notices %q:\n%.300s", c.name, p.kindText(), noticeKeys(p), got)
		}
		for _, n := range p.Notices {
			if text := n.Text(); text == n.key || strings.Contains(text, "%!") {
				t.Errorf("%s: the notice says %q", c.name, text)
			}
		}
	}
}

// A text is read in the charset that fits it, and a label that does not is named.
func TestBodiesInManyCharsets(t *testing.T) {
	const gbk = "\xd6\xd0\xce\xc4\xd7\xd6\xb7\xfb"
	kib := strings.Repeat("0123456789abcdef", 70)
	for _, c := range []struct{ name, contentType, body, chosen, want, charset, notices string }{
		{"cut in a character", "text/plain", kib + "中\xe6\x96", "", kib + "中‹U+FFFD›", "utf-8", ""},
		{"JSON, a bad byte", "application/json", `"` + kib + "\xff\"", "", `"` + kib + "‹U+FFFD›\"", "utf-8", ""},
		{"XML's own", "text/xml", `<?xml version="1.0" encoding="GBK"?>` + gbk, "",
			`<?xml version="1.0" encoding="GBK"?>` + "\n中文字符", "gbk", ""},
		{"CSS's own", "text/css", `@charset "GBK"; /*` + gbk + `*/`, "", `@charset "GBK"; /*中文字符*/`, "gbk", ""},
		{"UTF-16 without a mark", "text/plain; charset=utf-16", "a\x00b\x00", "", "ab", "utf-16le", ""},
		{"UTF-16BE without a mark", "application/json; charset=utf-16be", "\x00[\x001\x00]", "", "[\n  1\n]", "utf-16be", ""},
		{"UTF-16 that is none", "text/xml; charset=utf-16", "<a>é</a>", "", "<a>é</a>", "utf-8", "other_charset"},
		{"HZ", "text/plain; charset=hz-gb-2312", "~{VPND~}", "", "中文", "hz-gb-2312", ""},
		{"UTF-8 called GBK", "text/plain; charset=gbk", "中文字符", "", "中文字符", "utf-8", "other_charset"},
		{"no such charset", "text/plain; charset=klingon", "中", "", "中", "utf-8", "other_charset"},
		{"a form in GBK", "application/x-www-form-urlencoded; charset=GBK", "a=%C4%E3", "", "a  你", "gbk", ""},
		{"a form in GBK that says nothing", "application/x-www-form-urlencoded", "a=%C4%E3%BA%C3", "", "a  你好", "gb18030", ""},
		{"a form, chosen", "application/x-www-form-urlencoded", "a=%93%FA", "shift_jis", "a  日", "shift_jis", ""},
		{"chosen", "text/plain; charset=utf-8", "\xcf\xf0\xe8", "windows-1251", "При", "windows-1251", ""},
		{"chosen, UTF-16BE", "application/octet-stream", "\x4e\x2d\x65\x87", "utf-16be", "中文", "utf-16be", ""},
	} {
		choice := Choice{Charset: c.chosen}
		if c.name == "chosen, UTF-16BE" {
			choice.Mode = ModeText
		}
		p := Prepare(t.Context(), &Source{uitest.Whole([]byte(c.body)), c.contentType, ""}, choice)
		// A long line is shown in pieces.
		if got := textOfDoc(p); strings.ReplaceAll(got, "\n", "") != strings.ReplaceAll(c.want, "\n", "") || p.charset != c.charset ||
			noticeKeys(p) != c.notices {
			t.Errorf("%s: %.80q in %s, notices %q", c.name, got, p.charset, noticeKeys(p))
		}
	}
	offered := strings.Join(Charsets, " ")
	for _, name := range []string{"windows-1251", "euc-jp", "iso-2022-jp", "utf-16be"} {
		if !strings.Contains(offered, name) {
			t.Errorf("%s is not offered", name)
		}
	}
}

// What is behind the end of compressed data is a fact, not a failure.
func TestInfoOfABody(t *testing.T) {
	p := Prepare(t.Context(), &Source{uitest.Whole(append(uitest.Packed("gzip", "plain"), 0)), "text/plain", "gzip"}, Choice{})
	if got := InfoText(p); !strings.Contains(got, i18n.T("details.after_end")) || !strings.Contains(got, "gzip") {
		t.Errorf("%q", got)
	}
	p = Prepare(t.Context(), &Source{uitest.Whole([]byte(uitest.HostilePNG(1<<16, 1<<15, 0, 10))), "image/png", ""}, Choice{})
	if got := InfoText(p); !strings.Contains(got, "PNG") || !strings.Contains(got, i18n.T("details.pixels", 1<<16, 1<<15)) ||
		noticeKeys(p) != "large_picture" || p.Doc == nil {
		t.Errorf("a picture that is refused: %q, %s", got, noticeKeys(p))
	}
	p = Prepare(t.Context(), &Source{flow.Body{State: flow.BodyArriving, Size: 9, Bytes: []byte("<html>")}, "application/json",
		""}, Choice{})
	if noticeKeys(p) != "arriving" {
		t.Errorf("while it arrives it is judged: %s", noticeKeys(p))
	}
}

// brokenDoc is a document whose reader fails.
type brokenDoc struct{ *hexDoc }

func (brokenDoc) Line(int) Line { panic("broken") }

// A document that fails costs a line; a body that fails is shown in hex.
func TestAReaderThatFails(t *testing.T) {
	v := NewLineView(nil)
	v.Port.Doc = brokenDoc{&hexDoc{[]byte("x")}}
	if got := v.Port.lineAt(0).Text; got != i18n.T("body.broken_line") {
		t.Errorf("%q", got)
	}
	p := Prepare(brokenContext{t.Context()}, &Source{uitest.Whole([]byte("<a>")), "text/html", ""}, Choice{})
	if noticeKeys(p) != "broken" || !strings.HasPrefix(textOfDoc(p), "00000000  3c 61 3e") {
		t.Errorf("%s, %q", noticeKeys(p), textOfDoc(p))
	}
	w := NewWorker(func(f func()) { f() })
	defer w.Close()
	done := make(chan struct{})
	w.Post(TaskSearch, func(ctx context.Context) { panic("broken") })
	w.Post(TaskCopy, func(ctx context.Context) { close(done) })
	<-done
}

// brokenContext fails those that ask it.
type brokenContext struct{ context.Context }

func (brokenContext) Err() error { panic("broken") }
