package document

import (
	"context"
	"strings"
	"testing"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

func noticeKeys(p *Prepared) string {
	var keys []string
	for _, n := range p.Notices {
		keys = append(keys, strings.TrimPrefix(n.key, "body."))
	}
	return strings.Join(keys, " ")
}

func TestBodiesAreShownAsWhatTheyAre(t *testing.T) {
	gbk := "\xd6\xd0\xce\xc4"
	for _, c := range []struct {
		name         string
		s            Source
		choice       Choice
		first        string // line
		kind         content.Kind
		charset, why string
	}{
		{"json", Source{uitest.Whole([]byte(`{"a":1}`)), "application/json", ""}, Choice{}, "{", content.JSON, "utf-8", ""},
		{"json as sent", Source{uitest.Whole([]byte(`{"a":1}`)), "application/json", ""}, Choice{Mode: ModeText}, `{"a":1}`, content.JSON,
			"utf-8", ""},
		{"no json", Source{uitest.Whole([]byte(`{"a":1`)), "application/json", ""}, Choice{}, `{"a":1`, content.JSON, "utf-8", "no_json"},
		{"hex", Source{uitest.Whole([]byte(`{"a":1}`)), "application/json", ""}, Choice{Mode: ModeHex}, `00000000  7b 22 61 22 3a 31 7d`,
			content.JSON, "", ""},
		{"gzip", Source{uitest.Whole(uitest.Packed("gzip", `[true]`)), "application/json", "gzip"}, Choice{}, "[", content.JSON,
			"utf-8", ""},
		{"br", Source{uitest.Whole(uitest.Packed("br", "hello")), "text/plain", "br"}, Choice{}, "hello", content.PlainText, "utf-8", ""},
		{"not what it says", Source{uitest.Whole([]byte("plain")), "text/plain", "gzip"}, Choice{}, "plain", content.PlainText, "utf-8",
			"not_decoded"},
		{"cut gzip", Source{flow.Body{State: flow.BodyCut, Size: 1000, Bytes: uitest.Packed("gzip", strings.Repeat("abc ", 500))[:30]},
			"text/plain", "gzip"}, Choice{}, "abc ", content.PlainText, "utf-8", "cut"},
		{"gbk", Source{uitest.Whole([]byte(gbk)), "text/plain; charset=gbk", ""}, Choice{}, "中文", content.PlainText, "gbk", ""},
		{"gbk, chosen", Source{uitest.Whole([]byte(gbk)), "text/plain; charset=utf-8", ""}, Choice{Charset: "gb18030"}, "中文",
			content.PlainText, "gb18030", ""},
		{"invalid utf-8", Source{uitest.Whole([]byte("a\xff\xfeb")), "text/plain; charset=utf-8", ""}, Choice{}, "a‹U+FFFD›b",
			content.PlainText, "utf-8", ""},
		{"form", Source{uitest.Whole([]byte("a=1&b=%E4%B8%AD")), "application/x-www-form-urlencoded", ""}, Choice{}, "a  1", content.Form,
			"utf-8", ""},
		{"huge form", Source{uitest.Whole([]byte(strings.Repeat("a&", maxFields+1))), "application/x-www-form-urlencoded", ""}, Choice{},
			"a&a&", content.Form, "utf-8", "long_form"},
		{"no picture", Source{uitest.Whole([]byte("\x89PNG\r\n\x1a\n")), "image/png", ""}, Choice{}, "00000000  89 50 4e 47 0d 0a 1a 0a",
			content.Image, "", "bad_picture"},
		{"binary", Source{uitest.Whole([]byte{0, 1, 2}), "application/octet-stream", ""}, Choice{}, "00000000  00 01 02",
			content.Bytes, "", ""},
		{"evicted", Source{flow.Body{State: flow.BodyEvicted, Size: 77}, "text/plain", ""}, Choice{}, "", content.Bytes, "", "evicted"},
		{"not recorded", Source{flow.Body{State: flow.BodyNotRecorded, Size: 77}, "text/plain", ""}, Choice{}, "", content.Bytes, "",
			"not-recorded"},
		{"none", Source{flow.Body{}, "text/plain", ""}, Choice{}, "", content.Bytes, "", "none"},
		{"arriving", Source{flow.Body{State: flow.BodyArriving, Size: 6, Bytes: []byte(`{"a":[`)}, "application/json", ""}, Choice{}, "{",
			content.JSON, "utf-8", "arriving"},
	} {
		p := Prepare(t.Context(), &c.s, c.choice)
		first := ""
		if p.Doc != nil {
			first = p.Doc.Line(0).Text
		}
		if !strings.HasPrefix(first, c.first) || first != "" && c.first == "" || p.kind != c.kind || p.charset != c.charset ||
			noticeKeys(p) != c.why {
			t.Errorf("%s: %q, kind %v, charset %q, notices %q", c.name, first, p.kind, p.charset, noticeKeys(p))
		}
		for _, n := range p.Notices {
			if text := n.Text(); text == n.key || strings.Contains(text, "%!") {
				t.Errorf("%s: the notice says %q", c.name, text)
			}
		}
	}
}

// Bodies that are made to break a viewer end at bounds, with a word about it.
func TestHostileBodies(t *testing.T) {
	bomb := uitest.Packed("gzip", strings.Repeat("\x00", content.MaxDecoded+1))
	p := Prepare(t.Context(), &Source{uitest.Whole(bomb), "application/octet-stream", "gzip"}, Choice{})
	if p.Decoded != content.MaxDecoded || noticeKeys(p) != "decoded_limit" {
		t.Errorf("zip bomb: %d bytes, %q", p.Decoded, noticeKeys(p))
	}
	p = Prepare(t.Context(), &Source{uitest.Whole([]byte(strings.Repeat("[", 20<<20))), "application/json", ""}, Choice{})
	if noticeKeys(p) != "long_json" || p.Doc.Len() != 20<<20/maxPiece+1 {
		t.Errorf("deep nesting: %d lines, %q", p.Doc.Len(), noticeKeys(p))
	}
	p = Prepare(t.Context(), &Source{uitest.Whole([]byte(strings.Repeat("x", 50<<20))), "text/plain", ""}, Choice{})
	if last := p.Doc.Line(p.Doc.Len() - 1); len(last.Text) > maxPiece || last.number != 0 {
		t.Errorf("one line of 50 MiB ends with %d bytes", len(last.Text))
	}
	p = Prepare(t.Context(), &Source{uitest.Whole(make([]byte, maxShown+1)), "text/plain; charset=utf-16le", ""}, Choice{Mode: ModeText})
	if noticeKeys(p) != "shown_limit" {
		t.Errorf("more text than is shown: %q", noticeKeys(p))
	}
	p = Prepare(t.Context(), &Source{uitest.Whole([]byte(strings.Repeat("\n", 50<<20))), "text/plain", ""}, Choice{})
	if n := p.Doc.Line(p.Doc.Len() - 1).number; n != 50<<20+1 {
		t.Errorf("50 Mi lines end with number %d", n)
	}
}

func TestPicturesAreMadeSmaller(t *testing.T) {
	p := Prepare(t.Context(), &Source{uitest.Whole([]byte(uitest.SamplePicture(3000, 10))), "image/png", ""}, Choice{})
	if p.Picture == nil || p.Picture.Bounds().Dx() != maxPicture || p.Picture.Bounds().Dy() != 4 || p.bounds.X != 3000 || p.Doc != nil {
		t.Errorf("%v of %v", p.Picture.Bounds(), p.bounds)
	}
}

func TestPreviewIsTheBeginning(t *testing.T) {
	text := []byte(uitest.LargeJSON(2 << 20))
	p := Preview(t.Context(), &Source{uitest.Whole(text), "application/json", ""}, Choice{})
	if p == nil || p.Doc.Line(1).Text != `  "items": [` || noticeKeys(p) != "preparing" || p.Size != int64(len(text)) {
		t.Fatalf("%+v", p)
	}
	for name, s := range map[string]Source{"small": {uitest.Whole(text[:1000]), "application/json", ""},
		"binary":  {uitest.Whole(make([]byte, 2<<20)), "", ""},
		"picture": {uitest.Whole(append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 2<<20)...)), "image/png", ""}} {
		if Preview(t.Context(), &s, Choice{}) != nil {
			t.Errorf("%s has a preview", name)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if Preview(ended, &Source{uitest.Whole(text), "application/json", ""}, Choice{}) != nil {
		t.Error("a preview was made after it was called off")
	}
}
