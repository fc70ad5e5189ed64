package ui

import (
	"context"
	"strings"
	"testing"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

func noticeKeys(p *preparedBody) string {
	var keys []string
	for _, n := range p.notices {
		keys = append(keys, strings.TrimPrefix(n.key, "body."))
	}
	return strings.Join(keys, " ")
}

func TestBodiesAreShownAsWhatTheyAre(t *testing.T) {
	gbk := "\xd6\xd0\xce\xc4"
	for _, c := range []struct {
		name         string
		s            bodySource
		choice       bodyChoice
		first        string // line
		kind         content.Kind
		charset, why string
	}{
		{"json", bodySource{uitest.Whole([]byte(`{"a":1}`)), "application/json", ""}, bodyChoice{}, "{", content.JSON, "utf-8", ""},
		{"json as sent", bodySource{uitest.Whole([]byte(`{"a":1}`)), "application/json", ""}, bodyChoice{mode: modeText}, `{"a":1}`, content.JSON, "utf-8", ""},
		{"no json", bodySource{uitest.Whole([]byte(`{"a":1`)), "application/json", ""}, bodyChoice{}, `{"a":1`, content.JSON, "utf-8", "no_json"},
		{"hex", bodySource{uitest.Whole([]byte(`{"a":1}`)), "application/json", ""}, bodyChoice{mode: modeHex}, `00000000  7b 22 61 22 3a 31 7d`, content.JSON, "", ""},
		{"gzip", bodySource{uitest.Whole(uitest.Packed("gzip", `[true]`)), "application/json", "gzip"}, bodyChoice{}, "[", content.JSON, "utf-8", ""},
		{"br", bodySource{uitest.Whole(uitest.Packed("br", "hello")), "text/plain", "br"}, bodyChoice{}, "hello", content.PlainText, "utf-8", ""},
		{"not what it says", bodySource{uitest.Whole([]byte("plain")), "text/plain", "gzip"}, bodyChoice{}, "plain", content.PlainText, "utf-8", "not_decoded"},
		{"cut gzip", bodySource{flow.Body{State: flow.BodyCut, Size: 1000, Bytes: uitest.Packed("gzip", strings.Repeat("abc ", 500))[:30]}, "text/plain", "gzip"}, bodyChoice{}, "abc ", content.PlainText, "utf-8", "cut"},
		{"gbk", bodySource{uitest.Whole([]byte(gbk)), "text/plain; charset=gbk", ""}, bodyChoice{}, "中文", content.PlainText, "gbk", ""},
		{"gbk, chosen", bodySource{uitest.Whole([]byte(gbk)), "text/plain; charset=utf-8", ""}, bodyChoice{charset: "gb18030"}, "中文", content.PlainText, "gb18030", ""},
		{"invalid utf-8", bodySource{uitest.Whole([]byte("a\xff\xfeb")), "text/plain; charset=utf-8", ""}, bodyChoice{}, "a‹U+FFFD›b", content.PlainText, "utf-8", ""},
		{"form", bodySource{uitest.Whole([]byte("a=1&b=%E4%B8%AD")), "application/x-www-form-urlencoded", ""}, bodyChoice{}, "a  1", content.Form, "utf-8", ""},
		{"huge form", bodySource{uitest.Whole([]byte(strings.Repeat("a&", maxFields+1))), "application/x-www-form-urlencoded", ""}, bodyChoice{}, "a&a&", content.Form, "utf-8", "long_form"},
		{"no picture", bodySource{uitest.Whole([]byte("\x89PNG\r\n\x1a\n")), "image/png", ""}, bodyChoice{}, "00000000  89 50 4e 47 0d 0a 1a 0a", content.Image, "", "bad_picture"},
		{"binary", bodySource{uitest.Whole([]byte{0, 1, 2}), "application/octet-stream", ""}, bodyChoice{}, "00000000  00 01 02", content.Bytes, "", ""},
		{"evicted", bodySource{flow.Body{State: flow.BodyEvicted, Size: 77}, "text/plain", ""}, bodyChoice{}, "", content.Bytes, "", "evicted"},
		{"not recorded", bodySource{flow.Body{State: flow.BodyNotRecorded, Size: 77}, "text/plain", ""}, bodyChoice{}, "", content.Bytes, "", "not-recorded"},
		{"none", bodySource{flow.Body{}, "text/plain", ""}, bodyChoice{}, "", content.Bytes, "", "none"},
		{"arriving", bodySource{flow.Body{State: flow.BodyArriving, Size: 6, Bytes: []byte(`{"a":[`)}, "application/json", ""}, bodyChoice{}, "{", content.JSON, "utf-8", "arriving"},
	} {
		p := prepareBody(t.Context(), &c.s, c.choice)
		first := ""
		if p.doc != nil {
			first = p.doc.Line(0).text
		}
		if !strings.HasPrefix(first, c.first) || first != "" && c.first == "" || p.kind != c.kind || p.charset != c.charset || noticeKeys(p) != c.why {
			t.Errorf("%s: %q, kind %v, charset %q, notices %q", c.name, first, p.kind, p.charset, noticeKeys(p))
		}
		for _, n := range p.notices {
			if text := n.text(); text == n.key || strings.Contains(text, "%!") {
				t.Errorf("%s: the notice says %q", c.name, text)
			}
		}
	}
}

// Bodies that are made to break a viewer end at bounds, with a word about it.
func TestHostileBodies(t *testing.T) {
	bomb := uitest.Packed("gzip", strings.Repeat("\x00", content.MaxDecoded+1))
	p := prepareBody(t.Context(), &bodySource{uitest.Whole(bomb), "application/octet-stream", "gzip"}, bodyChoice{})
	if p.decoded != content.MaxDecoded || noticeKeys(p) != "decoded_limit" {
		t.Errorf("zip bomb: %d bytes, %q", p.decoded, noticeKeys(p))
	}
	p = prepareBody(t.Context(), &bodySource{uitest.Whole([]byte(strings.Repeat("[", 20<<20))), "application/json", ""}, bodyChoice{})
	if noticeKeys(p) != "long_json" || p.doc.Len() != 20<<20/maxPiece+1 {
		t.Errorf("deep nesting: %d lines, %q", p.doc.Len(), noticeKeys(p))
	}
	p = prepareBody(t.Context(), &bodySource{uitest.Whole([]byte(strings.Repeat("x", 50<<20))), "text/plain", ""}, bodyChoice{})
	if last := p.doc.Line(p.doc.Len() - 1); len(last.text) > maxPiece || last.number != 0 {
		t.Errorf("one line of 50 MiB ends with %d bytes", len(last.text))
	}
	p = prepareBody(t.Context(), &bodySource{uitest.Whole(make([]byte, maxShown+1)), "text/plain; charset=utf-16le", ""}, bodyChoice{mode: modeText})
	if noticeKeys(p) != "shown_limit" {
		t.Errorf("more text than is shown: %q", noticeKeys(p))
	}
	p = prepareBody(t.Context(), &bodySource{uitest.Whole([]byte(strings.Repeat("\n", 50<<20))), "text/plain", ""}, bodyChoice{})
	if n := p.doc.Line(p.doc.Len() - 1).number; n != 50<<20+1 {
		t.Errorf("50 Mi lines end with number %d", n)
	}
}

func TestPicturesAreMadeSmaller(t *testing.T) {
	p := prepareBody(t.Context(), &bodySource{uitest.Whole([]byte(uitest.SamplePicture(3000, 10))), "image/png", ""}, bodyChoice{})
	if p.picture == nil || p.picture.Bounds().Dx() != maxPicture || p.picture.Bounds().Dy() != 4 || p.bounds.X != 3000 || p.doc != nil {
		t.Errorf("%v of %v", p.picture.Bounds(), p.bounds)
	}
}

func TestPreviewIsTheBeginning(t *testing.T) {
	text := []byte(uitest.LargeJSON(2 << 20))
	p := preview(t.Context(), &bodySource{uitest.Whole(text), "application/json", ""}, bodyChoice{})
	if p == nil || p.doc.Line(1).text != `  "items": [` || noticeKeys(p) != "preparing" || p.size != int64(len(text)) {
		t.Fatalf("%+v", p)
	}
	for name, s := range map[string]bodySource{"small": {uitest.Whole(text[:1000]), "application/json", ""}, "binary": {uitest.Whole(make([]byte, 2<<20)), "", ""},
		"picture": {uitest.Whole(append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 2<<20)...)), "image/png", ""}} {
		if preview(t.Context(), &s, bodyChoice{}) != nil {
			t.Errorf("%s has a preview", name)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if preview(ended, &bodySource{uitest.Whole(text), "application/json", ""}, bodyChoice{}) != nil {
		t.Error("a preview was made after it was called off")
	}
}
