package content_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"posthouse/proxy/content"
)

func onePixel(t testing.TB) string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What a body is counts for more than what it is called.
func TestKinds(t *testing.T) {
	const form, multi = "application/x-www-form-urlencoded", "multipart/form-data; boundary=X"
	pixel := onePixel(t)
	for _, c := range []struct {
		contentType, body string
		want              content.Kind
		mislabelled       bool
	}{
		{"application/json; charset=utf-8", "{}", content.JSON, false},
		{"application/problem+json", "{}", content.JSON, false},
		{"application/x-ndjson", "{}\nno\n", content.JSON, false},
		{"application/json-seq", "\x1e{}\n", content.JSON, false},
		{"application/jsonl", "{}", content.JSON, false},
		{"application/json", "\ufeff{}", content.JSON, false},
		{"application/json", "callback({});", content.JSON, false},
		{"application/json", "<!doctype html><p>502", content.Markup, true},
		{"application/json", pixel, content.Image, true},
		{"", ` {"a":1}`, content.JSON, false},
		{"", "[info] started", content.PlainText, false},
		{"", ")]}',\n[1]", content.JSON, false},
		{"text/html", "<p>", content.Markup, false},
		{"text/html", `{"a":1}`, content.JSON, true},
		{"text/html", "{{ template }}", content.Markup, false},
		{"text/plain", `{"a":1}`, content.JSON, false},
		{"text/plain", "<?xml version='1.0'?><a/>", content.Markup, false},
		{"text/plain", pixel, content.Image, true},
		{"text/plain", "GIF89a is a format", content.PlainText, false},
		{"text/csv", "{a,b}", content.PlainText, false},
		{"text/event-stream", "data: {}\n\n", content.PlainText, false},
		{"image/svg+xml", "<svg>", content.Markup, false},
		{"", "<!doctype html><p>", content.Markup, false},
		{"", "<note><to/></note>", content.Markup, false},
		{"text/javascript", "x", content.Code, false},
		{"text/javascript", "for(;;);{\"a\":1}", content.JSON, true},
		{"text/javascript", ")]}'\n{\"a\":1}", content.JSON, true},
		{"text/javascript", "<!DOCTYPE html>", content.Markup, true},
		{"text/css", "x", content.Code, false},
		{form, "a=b", content.Form, false},
		{form, "token", content.Form, false},
		{form, `{"a":"b&c=d"}`, content.JSON, true},
		{form, `[{"a":1}]`, content.JSON, true},
		{form, "<a><b>1&amp;2</b></a>\n", content.Markup, true},
		{form, "<?xml version=\"1.0\"?><a/>", content.Markup, true},
		{form, "{a}=1&b=2", content.Form, false},
		{form, "two\nlines", content.PlainText, true},
		{form, "a\x00b", content.Bytes, true},
		{form, pixel, content.Image, true},
		{multi, "--X\r\n\r\na\r\n--X--", content.Multipart, false},
		{multi, "none", content.PlainText, true},
		{multi, strings.Repeat("preamble ", 500) + "\r\n--X\r\n\r\na", content.Multipart, false},
		{"text/plain", "x", content.PlainText, false},
		{"text/plain", "a\x00b", content.Bytes, true},
		{"text/plain", "\xff\xfea\x00", content.PlainText, false},
		{"text/plain; charset=utf-16", "a\x00b\x00", content.PlainText, false},
		{"text/plain; charset=utf-16be", "\x00a\x00b", content.PlainText, false},
		{"image/png", "\x01x", content.Image, false},
		{"image/png", `{"error":1}`, content.JSON, true},
		{"image/png", "Not found", content.PlainText, true},
		{"image/jpeg", pixel, content.Image, false},
		{"", "\x89PNG\r\n\x1a\n", content.Image, false},
		{"", "\x00\x01\x02", content.Bytes, false},
		{"", "\xd6\xd0\xce\xc4\xd7\xd6", content.PlainText, false},
		{"", "\x80\x81\x82\x83\xff\xfe\xfd\xfc", content.Bytes, false},
		{"application/octet-stream", "hello", content.PlainText, false},
		{"application/zip", "hello", content.Bytes, false},
		{"application/pdf", "<!doctype html><p>gone", content.Markup, true},
		{"", "", content.PlainText, false},
		{"application/json", "", content.JSON, false},
	} {
		if got, mislabelled := content.KindOf(c.contentType, []byte(c.body)); got != c.want || mislabelled != c.mislabelled {
			t.Errorf("%q %.40q: %v, %v, want %v", c.contentType, c.body, got, mislabelled, c.want)
		}
	}
}

func TestReadJSON(t *testing.T) {
	deep := strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20)
	for _, c := range []struct {
		text          string
		valid, prefix bool
	}{
		{"{}", true, true}, {` [1, -0.5e+3, "a\u00e9\n", true, false, null, {"a": {}}] `, true, true}, {"1 2", true, true},
		{"{}\n[]", true, true}, {deep, true, true},
		{"", false, false}, {"[", false, true}, {`{"a`, false, true}, {`{"a":`, false, true}, {`{"a":1,`, false, true},
		{"tru", false, true}, {`"\u00`, false, true}, {"-", false, true},
		{deep[:1<<20+9], false, true}, {"[1,]", false, false}, {"{,}", false, false}, {`{"a":1,}`, false, false}, {"01", false, false},
		{"1.x", false, false}, {"\"\n\"", false, false}, {`"\x"`, false, false},
		{"nul!", false, false}, {"[1}", false, false}, {"{1:2}", false, false}, {"\x00", false, false}, {"[1\x00", false, false},
		{"]", false, false},
	} {
		if valid, prefix := content.IsJSON(c.text, false), content.IsJSON([]byte(c.text), true); valid != c.valid && c.text != "01" ||
			prefix != c.prefix && c.text != "01" {
			t.Errorf("%.30q: %v, cut %v", c.text, valid, prefix)
		}
	}
}

func TestUnwrapJSON(t *testing.T) {
	for _, c := range []struct{ text, before, value, after string }{
		{")]}'\n{}", ")]}'", "\n{}", ""}, {")]}',\n[1]", ")]}',", "\n[1]", ""}, {"for(;;);{}", "for(;;);", "{}", ""},
		{"for (;;); {}", "for (;;);", " {}", ""}, {"while(1);[]", "while(1);", "[]", ""},
		{"throw 1; <don't be evil> {}", "throw 1; <don't be evil>", " {}", ""}, {"cb({});", "cb(", "{}", ");"},
		{"/**/ a.b['c'] ([1]) ", "/**/ a.b['c'] (", "[1]", ") "},
		{"{}", "", "", ""}, {"for(;;);x", "", "", ""}, {"cb({}) + 1", "", "", ""}, {"cb(", "", "", ""}, {"", "", "", ""},
	} {
		before, value, after, ok := content.UnwrapJSON(c.text, true)
		if ok != (c.before != "") || ok && (before != c.before || value != c.value || after != c.after) {
			t.Errorf("%q: %q %q %q, %v", c.text, before, value, after, ok)
		}
	}
}
