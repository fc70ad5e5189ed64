package flow

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNotesAreTextOfABoundedLength(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"none", "", ""},
		{"short", "两行\nlines", "两行\nlines"},
		{"no UTF-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
		{"as long as may be", strings.Repeat("x", MaxNote), strings.Repeat("x", MaxNote)},
		{"too long", strings.Repeat("x", MaxNote+1), strings.Repeat("x", MaxNote)},
		{"cut within a character", "xx" + strings.Repeat("界", MaxNote), "xx" + strings.Repeat("界", (MaxNote-2)/3)},
		{"much too long", strings.Repeat("\xff", 10<<20), "\ufffd"},
	} {
		if got := NoteOf(c.text); got != c.want {
			t.Errorf("%s: %d bytes, %.40q", c.name, len(got), got)
		}
	}
}

func FuzzNoteOf(f *testing.F) {
	f.Add("a\xff\u202e\x00\n")
	f.Add(strings.Repeat("\xe7\x95", MaxNote))
	f.Fuzz(func(t *testing.T, text string) {
		note := NoteOf(text)
		if len(note) > MaxNote || !utf8.ValidString(note) || NoteOf(note) != note {
			t.Errorf("%d bytes of %q", len(note), text)
		}
		if utf8.ValidString(text) && !strings.HasPrefix(text, note) {
			t.Error("what is kept is not how it begins")
		}
	})
}
