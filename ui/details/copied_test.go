package details

import (
	"strings"
	"testing"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// Every note and every form has its words.
func TestWordsOfCopies(t *testing.T) {
	for _, kind := range export.NoteKinds() {
		if noteWords[kind] == "" {
			t.Errorf("note %d has no words", kind)
		}
	}
	for _, f := range export.Forms("linux") {
		if name := FormName(f); i18n.T(name) == name {
			t.Errorf("form %s has no name", f)
		}
	}
	for kind, can := range map[flow.Kind]bool{flow.KindHTTP: true, flow.KindTunnel: false} {
		items := CopyAsItems(kind, nil)
		if menu := items[1].ChildMenu; len(menu.Items) != len(export.Forms("linux")) || items[0].Disabled == can ||
			menu.Items[0].Disabled == can || menu.Items[len(menu.Items)-1].Disabled {
			t.Errorf("kind %d: %d forms", kind, len(menu.Items))
		}
	}
	c := export.Copy{Notes: []export.Note{{Kind: export.FieldsMalformed,
		Fields: []string{"a\x1b[2J", strings.Repeat("x", 200), "c", "d", "e", "f", "g"}}}}
	if got := CopiedText(&c); got != "Nothing was copied:\n• Lines that are no header fields are left out: a‹ESC›[2J, "+
		strings.Repeat("x", 40)+"…, c, d, e, …" {
		t.Errorf("%s", got)
	}
}

// What is copied is as it was, but for what a terminal would act on.
func TestPasteable(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a b\tc\nd\r\n\r\ne": "a b\tc\nd\r\n\r\ne", "中文 \u200d \u202e": "中文 \u200d \u202e", "\ufffd\n": "\ufffd\n",
		"a\x1b[201~b": "a‹ESC›[201~b", "a\rb": "a‹CR›b", "\x00": "‹NUL›", "\x7f\u009b": "‹DEL›‹U+009B›", "caf\xe9 \x9b": `caf‹\xE9› ‹\x9B›`,
		"\r": "‹CR›",
	} {
		if got := Pasteable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestURLText(t *testing.T) {
	for path, want := range map[string]string{
		"/a?b=%20c|\"": "/a?b=%20c|\"", "/é中": "/é中", "/\u009b\u202e": "/%C2%9B%E2%80%AE", "/\xff\x9b": "/%FF%9B",
		"/a\nb c\x1b": "/a%0Ab%20c%1B",
	} {
		r := flow.Row{Scheme: "http", Host: "a.test", Path: path}
		if got := URLText(&r); got != "http://a.test"+want {
			t.Errorf("%q: %s", path, got)
		}
	}
}
