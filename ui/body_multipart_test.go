package ui

import (
	"strings"
	"testing"

	"posthouse/proxy/content"
)

const sampleMultipart = "--X\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHello 世界\r\n" +
	"--X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"cat.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\x00\x01\r\n" +
	"--X\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{\"tags\": [\"a\", \"b\"]}\r\n" +
	"--X\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\ntwo\r\nlines\r\n--X--\r\n"

func TestMultipartIsATable(t *testing.T) {
	p := prepareBody(t.Context(), &bodySource{whole([]byte(sampleMultipart)), "multipart/form-data; boundary=X", ""}, bodyChoice{})
	want := []string{"title  Hello 世界", "photo  cat.png · image/png · 10 B", `meta   {"tags": ["a", "b"]}`, "note   two‹CR›‹LF›lines"}
	if got := lineTexts(p.doc); strings.Join(got, "\n") != strings.Join(want, "\n") || p.kind != content.Multipart {
		t.Errorf("%q", got)
	}
	sent := prepareBody(t.Context(), &bodySource{whole([]byte(sampleMultipart)), "multipart/form-data; boundary=X", ""}, bodyChoice{mode: modeText})
	if got := lineTexts(sent.doc); got[0] != "--X" {
		t.Errorf("as text: %q", got)
	}
	other := prepareBody(t.Context(), &bodySource{whole([]byte("no parts")), "multipart/form-data; boundary=X", ""}, bodyChoice{})
	if got := lineTexts(other.doc); got[0] != "no parts" {
		t.Errorf("without a boundary: %q", got)
	}
}

func TestMultipartIsBounded(t *testing.T) {
	one := "--X\n\n" + strings.Repeat("x", maxPartShown+1) + "\n"
	p := prepareBody(t.Context(), &bodySource{whole([]byte(one + strings.Repeat("--X\n\nv\n", content.MaxParts))), "multipart/mixed; boundary=X", ""}, bodyChoice{})
	if noticeKeys(p) != "long_parts" {
		t.Errorf("notices %s", noticeKeys(p))
	}
	if name, value, _ := p.doc.(*fieldsDoc).whole(0); name != "" || !strings.HasSuffix(value, "x… · 64.0 KB") {
		t.Errorf("%q: %q", name, value[len(value)-30:])
	}
}
