package document

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/content"
)

func lineTexts(d document) []string {
	var all []string
	for i := range d.Len() {
		all = append(all, d.Line(i).Text)
	}
	return all
}

func TestTextLines(t *testing.T) {
	long := strings.Repeat("é", 900) // 1,800 bytes
	for _, c := range []struct {
		text    string
		lines   []string
		numbers []int
	}{
		{"", []string{""}, []int{1}},
		{"a\r\nb\n\nc", []string{"a", "b", "", "c"}, []int{1, 2, 3, 4}},
		{"a\n", []string{"a", ""}, []int{1, 2}},
		{long + "\nz", []string{long[:1000], long[1000:], "z"}, []int{1, 0, 2}},
		{strings.Repeat("x", maxPiece) + "\r\ny", []string{strings.Repeat("x", maxPiece), "y"}, []int{1, 2}},
		{"a\tb\x00\x1b\x7f", []string{"a    b‹NUL›‹ESC›‹DEL›"}, []int{1}},
		{"pay\u202etxt.exe \u200b\u0085\ufeff", []string{"pay‹U+202E›txt.exe ‹U+200B›‹U+0085›‹U+FEFF›"}, []int{1}},
	} {
		d := NewTextDoc(t.Context(), c.text, nil)
		if got := lineTexts(d); strings.Join(got, "|") != strings.Join(c.lines, "|") || d.Len() != len(c.lines) {
			t.Errorf("%.20q: lines %q", c.text, got)
			continue
		}
		for i, want := range c.numbers {
			if got := d.Line(i).number; got != want {
				t.Errorf("%.20q: line %d has number %d, want %d", c.text, i, got, want)
			}
		}
	}
}

// Every piece is found from the marks, and together they are the text.
func TestTextPiecesAreTheText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range 3000 {
		b.WriteString(strings.Repeat(string([]rune("aé中")[r.IntN(3)]), r.IntN(30)*r.IntN(30)) + []string{"\n", "\r\n", ""}[r.IntN(3)])
	}
	text := b.String()
	d := NewTextDoc(t.Context(), text, nil)
	all, end := Pos{}, Pos{d.Len(), 0}
	if got, whole := d.Copy(all, end, len(text)); got != text || !whole {
		t.Fatal("the whole is not the text")
	}
	at := 0
	for i := range d.Len() {
		raw, begin, _ := d.piece(i)
		next := len(text)
		if i+1 < d.Len() {
			_, next, _ = d.piece(i + 1)
		}
		if begin != at || len(raw) > maxPiece+2 || !utf8.ValidString(raw) || trimEnd(text[begin:next]) != raw {
			t.Fatalf("piece %d: %q from %d, after %d", i, raw, begin, at)
		}
		at = next
	}
}

func TestCopyGivesWhatWasSent(t *testing.T) {
	d := NewTextDoc(t.Context(), "a\tb\x01c\r\n\u202ex", nil)
	for _, c := range []struct {
		from, to Pos
		want     string
	}{
		{Pos{0, 0}, Pos{1, 0}, "a\tb\x01c\r\n"}, {Pos{0, 1}, Pos{0, 5}, "\t"}, {Pos{0, 6}, Pos{0, 6 + len("‹SOH›")}, "\x01"},
		{Pos{1, 0}, Pos{2, 0}, "\u202ex"}, {Pos{1, 3}, Pos{1, 3}, ""},
	} {
		if got, whole := d.Copy(c.from, c.to, 100); got != c.want || !whole {
			t.Errorf("%v to %v: %q, want %q", c.from, c.to, got, c.want)
		}
	}
	if got, whole := d.Copy(Pos{}, Pos{2, 0}, 3); whole || got != "a\tb" {
		t.Errorf("more than the limit: %q, %v", got, whole)
	}
}

func TestFindIn(t *testing.T) {
	far := strings.Repeat("-", searchChunk-2)
	for _, c := range []struct {
		text, needle string
		at           []int
	}{
		{"Abc aBC abc", "abc", []int{0, 4, 8}}, {"aaaa", "aa", []int{0, 2}}, {"中文中文", "中", []int{0, 6}}, {"中文", "文", []int{3}},
		{far + "Needle" + far, "needle", []int{searchChunk - 2}}, {"k", "\u212a", nil}, {"abc", "abcd", nil}, {"abc", "", nil},
		{"a[b", "A{B", nil},
		{"ab", strings.Repeat("a", maxNeedle+1), nil},
	} {
		for name, find := range map[string]func(func(int) bool) bool{
			"text":  func(f func(int) bool) bool { return findFold(t.Context(), c.text, c.needle, f) },
			"bytes": func(f func(int) bool) bool { return findFold(t.Context(), []byte(c.text), c.needle, f) },
		} {
			var at []int
			find(func(i int) bool { at = append(at, i); return true })
			if len(at) != len(c.at) {
				t.Errorf("%q in %s %.20q: %v, want %v", c.needle, name, c.text, at, c.at)
				continue
			}
			for i := range at {
				if at[i] != c.at[i] {
					t.Errorf("%q in %s %.20q: %v, want %v", c.needle, name, c.text, at, c.at)
				}
			}
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	findFold(ended, far, "-", func(int) bool { t.Error("it searches after it was called off"); return false })
}

func TestMatchesAreWhereTheLineShowsThem(t *testing.T) {
	text := strings.Repeat("line\n", 100) + "\t\x01needle\n" + strings.Repeat("x", 2500) + "needle"
	d := NewTextDoc(t.Context(), text, nil)
	found, more := d.Find(t.Context(), "NEEDLE", 10)
	if len(found) != 2 || more {
		t.Fatalf("%v, %v", found, more)
	}
	for _, m := range found {
		if got := d.Line(m.Line).Text[m.from:m.to]; got != "needle" {
			t.Errorf("%v is %q", m, got)
		}
	}
	if found, more = d.Find(t.Context(), "line", 7); len(found) != 7 || !more {
		t.Errorf("with a limit: %d, %v", len(found), more)
	}
}

func TestHexLines(t *testing.T) {
	d := &hexDoc{[]byte("hello, world \x00\xff!x")}
	want := []string{"00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 20 00 ff 21  hello, world ..!",
		"00000010  78" + strings.Repeat(" ", 48) + "x"}
	if got := lineTexts(d); got[0] != want[0] || got[1] != want[1] || len(got) != 2 {
		t.Errorf("%q", got)
	}
	found, _ := d.Find(t.Context(), "World", 5)
	if len(found) != 1 || d.Line(0).Text[found[0].from:found[0].to] != "world" {
		t.Errorf("%v", found)
	}
	if got, whole := d.Copy(Pos{0, 3}, Pos{1, 0}, 1000); got != want[0]+"\n" || !whole {
		t.Errorf("copied %q", got)
	}
	if got, whole := d.Copy(Pos{}, Pos{2, 0}, 100); got != want[0]+"\n" || whole {
		t.Errorf("copied %q over the limit, %v", got, whole)
	}
	if got := lineTexts(&hexDoc{}); len(got) != 1 {
		t.Errorf("nothing is %q", got)
	}
}

func TestFieldLines(t *testing.T) {
	d := &FieldsDoc{}
	long := strings.Repeat("v", 2300)
	d.Add(RowStart, "GET / HTTP/1.1", "")
	d.Section("Query", []content.Field{{Name: "a", Value: "1\n2"}, {Name: "名", Value: "\xff"}, {Name: "long", Value: long}})
	if got := d.Line(3).Text; got != "a     1‹LF›2" {
		t.Errorf("%q", got)
	}
	if got := d.Line(4).Text; got != `名    ‹\xFF›` {
		t.Errorf("%q", got)
	}
	if d.Len() != 8 {
		t.Errorf("%d rows", d.Len())
	}
	for _, i := range []int{5, 6, 7} {
		if name, value, ok := d.Whole(i); name != "long" || value != long || !ok {
			t.Errorf("row %d is of %q", i, name)
		}
	}
	if _, _, ok := d.Whole(1); ok {
		t.Error("a gap is a field")
	}
	if got, _ := d.Copy(Pos{2, 0}, Pos{8, 0}, 10_000); got != "Query\na: 1\n2\n名: \xff\nlong: "+long {
		t.Errorf("copied %q", got)
	}
	if got, _ := d.Copy(Pos{3, 6}, Pos{3, 99}, 100); got != "1\n2" {
		t.Errorf("copied %q of a value", got)
	}
	if _, whole := d.Copy(Pos{}, Pos{8, 0}, 100); whole {
		t.Error("more than the limit is whole")
	}
	found, _ := d.Find(t.Context(), "vvv", 10_000)
	if len(found) == 0 || len(found) > len(long)/3 {
		t.Errorf("%d matches", len(found))
	}
}

// No line of any document is long, whatever it is made of.
func FuzzLinesAreShort(f *testing.F) {
	f.Add("a\nb\x00\u202e", "name")
	f.Add(strings.Repeat("\x01", 5000), strings.Repeat("n", 3000))
	f.Fuzz(func(t *testing.T, text, name string) {
		form := &FieldsDoc{}
		form.Add(RowStart, text, "")
		form.Add(RowField, name, text)
		for _, d := range []document{NewTextDoc(t.Context(), strings.ToValidUTF8(text, "?"), jsonColours), &hexDoc{[]byte(text)}, form} {
			for i := range d.Len() {
				l := d.Line(i)
				if len(l.Text) > 25*maxPiece || strings.ContainsAny(l.Text, "\n\r\x00\u202e") || !utf8.ValidString(l.Text) {
					t.Fatalf("line %d: %q", i, l.Text)
				}
				last := 0
				for _, s := range l.Spans {
					if s.End < last || s.End > len(l.Text) {
						t.Fatalf("line %q has spans %v", l.Text, l.Spans)
					}
					last = s.End
				}
			}
			d.Find(t.Context(), name, 10)
			if _, whole := d.Copy(Pos{}, Pos{d.Len(), 0}, 1<<30); !whole {
				t.Fatal("not whole")
			}
		}
	})
}

// Regular expressions are found in whatever a body is shown as, like texts.
func TestExpressionsInDocuments(t *testing.T) {
	e, bad := query.CompileExpression(`w\w+d\d`)
	if bad != nil {
		t.Fatal(bad)
	}
	fields := &FieldsDoc{}
	fields.Add(RowField, "name", "a word1")
	fields.Add(RowField, "word2", "b")
	for name, doc := range map[string]document{
		"text": NewTextDoc(t.Context(), "a word1\nb WORD2 word\n", nil), "fields": fields,
		"hex": &hexDoc{[]byte("\x00\xff a word1\x00\x01 and then WORD2\xfe")},
	} {
		in, ok := doc.(expressionFinder)
		if !ok {
			t.Fatalf("%s knows no expressions", name)
		}
		found, more := in.find(t.Context(), byExpression(e), 10)
		if len(found) != 2 || more {
			t.Errorf("%s: %v, %v", name, found, more)
		}
		for _, m := range found {
			if text := doc.Line(m.Line).Text; !strings.HasPrefix(strings.ToLower(text[m.from:]), "word"[:min(4, m.to-m.from)]) {
				t.Errorf("%s: %q is found", name, text[m.from:m.to])
			}
		}
		if found, more = in.find(t.Context(), byExpression(e), 1); len(found) != 1 || !more {
			t.Errorf("%s: of two, %v, %v", name, found, more)
		}
	}
}
