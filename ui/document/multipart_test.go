package document

import (
	"strings"
	"testing"

	"posthouse/proxy/content"
	"posthouse/ui/uitest"
	"posthouse/ui/words"
)

func TestMultipartIsATable(t *testing.T) {
	p := Prepare(t.Context(), &Source{uitest.Whole([]byte(uitest.SampleMultipart)), "multipart/form-data; boundary=X", ""}, Choice{})
	want := []string{"title  Hello 世界", "photo  cat.png · image/png · 10 B",
		"table  stops.csv · text/csv · 33 B", "       town,horses", "       北京,12", "       ", "           Paris,7",
		`meta   {"tags": ["a", "b"]}`, "note   two‹CR›‹LF›lines"}
	if got := lineTexts(p.Doc); strings.Join(got, "\n") != strings.Join(want, "\n") || p.kind != content.Multipart {
		t.Errorf("%q", got)
	}
	sent := Prepare(t.Context(), &Source{uitest.Whole([]byte(uitest.SampleMultipart)), "multipart/form-data; boundary=X", ""},
		Choice{Mode: ModeText})
	if got := lineTexts(sent.Doc); got[0] != "--X" {
		t.Errorf("as text: %q", got)
	}
	other := Prepare(t.Context(), &Source{uitest.Whole([]byte("no parts")), "multipart/form-data; boundary=X", ""}, Choice{})
	if got := lineTexts(other.Doc); got[0] != "no parts" {
		t.Errorf("without a boundary: %q", got)
	}
}

// Of a file a person sees the beginning of its text, and copies it as it was sent.
func TestTextInFilesIsBounded(t *testing.T) {
	file := func(text string) string {
		return "--X\nContent-Disposition: form-data; name=f; filename=f.txt\nContent-Type: text/plain\n\n" + text + "\n"
	}
	show := func(body string) (*FieldsDoc, string) {
		p := Prepare(t.Context(), &Source{uitest.Whole([]byte(body)), "multipart/form-data; boundary=X", ""}, Choice{})
		return p.Doc.(*FieldsDoc), noticeKeys(p)
	}
	d, notices := show(file("one\ntwo") + file("") + "--X--")
	if copied, _ := d.Copy(Pos{1, 0}, Pos{3, 0}, 100); d.Len() != 4 || notices != "" || copied != "one\ntwo" {
		t.Errorf("%d rows, notices %q, copied %q", d.Len(), notices, copied)
	}
	if at := len(d.Line(1).Text) - 2; d.copyInRow(1, at, at+1) != "n" {
		t.Errorf("in a row: %q", d.copyInRow(1, at, at+1))
	}
	d, notices = show(file(strings.Repeat("x\n", maxFileLines+1)))
	if d.Len() != 1+maxFileLines+1 || notices != "long_file" || d.rows[d.Len()-1].value != words.Ellipsis {
		t.Errorf("many lines: %d rows, %s", d.Len(), notices)
	}
	d, notices = show(file(strings.Repeat("x", maxFileShown+1)))
	if text, _ := d.Copy(Pos{1, 0}, Pos{d.Len(), 0}, 1<<20); text != strings.Repeat("x", maxFileShown)+"\n"+words.Ellipsis ||
		notices != "long_file" {
		t.Errorf("a long line: %d bytes, %s", len(text), notices)
	}
	d, _ = show(strings.Repeat(file(strings.Repeat("\n", maxFileLines)), 200))
	if d.Len() > maxFileRows+2*200 {
		t.Errorf("many files: %d rows", d.Len())
	}
}

func TestMultipartIsBounded(t *testing.T) {
	one := "--X\n\n" + strings.Repeat("x", maxPartShown+1) + "\n"
	p := Prepare(t.Context(), &Source{uitest.Whole([]byte(one + strings.Repeat("--X\n\nv\n", content.MaxParts))),
		"multipart/form-data; boundary=X", ""}, Choice{})
	if noticeKeys(p) != "long_parts" {
		t.Errorf("notices %s", noticeKeys(p))
	}
	if name, value, _ := p.Doc.(*FieldsDoc).Whole(0); name != "" || !strings.HasSuffix(value, "x… · 64.0 KB") {
		t.Errorf("%q: %q", name, value[len(value)-30:])
	}
}
