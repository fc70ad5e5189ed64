package visible

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextShowsWhatHasNoShape(t *testing.T) {
	for raw, want := range map[string]string{
		"/plain?a=b":                              "/plain?a=b",
		"/ru/\u202eexe.txt":                       "/ru/‹U+202E›exe.txt",
		"\u2066a\u2069":                           "‹U+2066›a‹U+2069›",
		"a\u200bb\u2060c\ufeffd":                  "a‹U+200B›b‹U+2060›c‹U+FEFF›d",
		"a\u200db\u200cc\u200ed\u200fe":           "a‹U+200D›b‹U+200C›c‹U+200E›d‹U+200F›e",
		"a\u3164b\uffa0c\u034fd":                  "a‹U+3164›b‹U+FFA0›c‹U+034F›d",
		"a\x00b\rc\nd\x7f\u0085e\u2028":           "a‹NUL›b‹CR›c‹LF›d‹DEL›‹U+0085›e‹U+2028›",
		"\tx":                                     "    x",
		"a\xe4b\xff":                              `a‹\xE4›b‹\xFF›`,
		"a\ufffdb":                                "a‹U+FFFD›b",
		"中文 שלום/אב/12 กขค":                       "中文 שלום/אב/12 กขค",
		"👩\u200d💻 می\u200cخواهم":                  "👩\u200d💻 می\u200cخواهم", // joined as they are meant to be
		"中\u200d\u200c\u200d文":                    "中\u200d‹U+200C›‹U+200D›文",
		"❤\ufe0f\u200d🔥 1\ufe0f\u20e3":            "❤\ufe0f\u200d🔥 1\ufe0f\u20e3",
		"a\ufe0f 1\ufe0f ❤\ufe0f\ufe01\U000e0100": "a‹U+FE0F› 1‹U+FE0F› ❤\ufe0f‹U+FE01›‹U+E0100›",
		"a\U0001d173\U000e0fff\U0001bca0\u180b":   "a‹U+1D173›‹U+E0FFF›‹U+1BCA0›‹U+180B›",
	} {
		got := Text(raw)
		if got != want {
			t.Errorf("%q is shown as %q, want %q", raw, got, want)
		}
		if again := Text(got); again != got {
			t.Errorf("%q becomes %q when it is made visible again", got, again)
		}
	}
	if got := Lines("a\nb\u202e\n"); got != "a\nb‹U+202E›\n" {
		t.Errorf("lines: %q", got)
	}
}

// A place in what is shown is a place in what came.
func TestOffsetFindsThePlaceInTheRawText(t *testing.T) {
	raw := "a\u202eb\xffc"
	shown := Text(raw)
	for _, part := range []string{"a", "b", "c"} {
		if at := Offset(raw, strings.Index(shown, part)); raw[at:at+1] != part {
			t.Errorf("%q is at %d", part, at)
		}
	}
	if at := Offset(raw, len(shown)); at != len(raw) {
		t.Errorf("the end is at %d", at)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "\u202e", "\xff\xe4", "👩\u200d💻", "a\u200db", "a\ufe0f\ufe0f", "1\ufe0f\u20e3", "中\u200d\ufe0f\u200d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown := Text(s)
		if !utf8.ValidString(shown) {
			t.Fatalf("%q is shown as %q, which is no text", s, shown)
		}
		if Text(shown) != shown {
			t.Fatalf("%q is not left as it is", shown)
		}
		for _, r := range shown {
			if r < 0x20 || r != utf8.RuneError && shapeless(r) && !joiner(r) && !selector(r) {
				t.Fatalf("%q shows %U", s, r)
			}
		}
		if at := Offset(s, len(shown)); at != len(s) {
			t.Fatalf("the end of %q is at %d", s, at)
		}
	})
}
