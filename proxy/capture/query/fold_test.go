package query

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func FuzzFinder(f *testing.F) {
	f.Add([]byte("one Two tWo"), "two")
	f.Add(bytes.Repeat([]byte("zZ"), 5000), "zzx")
	f.Add([]byte(strings.Repeat("a", 4095)+"QUAY"), "quay")
	f.Fuzz(func(t *testing.T, text []byte, word string) {
		if word = lowerASCII(word); word == "" {
			return
		}
		small, finder := []byte(lowerASCII(string(text))), newFinder(word)
		for from := 0; ; {
			want := bytes.Index(small[from:], []byte(word))
			if want >= 0 {
				want += from
			}
			if got := finder.index(text, from); got != want {
				t.Fatalf("%q in %q from %d: %d, want %d", word, text, from, got, want)
			}
			if want < 0 {
				return
			}
			from = want + 1
		}
	})
}

// What a match must hold, each match holds.
func FuzzRequired(f *testing.F) {
	for _, s := range []string{`a+b`, `(?i)kesk|x`, `(ab)+c{2,3}`, `x(?:yy|zz)w*`, `(?i)straße`, `[a]bc`, `(?s).foo$`} {
		f.Add(s, "aab kESK ababccc xyyw STRASSE abc\nfoo")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, bad := (&expression{pattern: pattern}).compile()
		if bad != nil {
			return
		}
		re, err := regexp.Compile(strings.ReplaceAll(pattern, `\/`, "/"))
		if err != nil {
			t.Fatalf("%q: %v", pattern, err)
		}
		want := re.FindStringIndex(text)
		got, lack := p.find([]byte(text), false, nil)
		if lack != 0 || (want == nil) != (got == nil) || want != nil && (got[0] != want[0] || got[1] != want[1]) {
			t.Fatalf("%q in %q: %v, want %v", pattern, text, got, want)
		}
	})
}

func BenchmarkFinder(b *testing.B) {
	text := bytes.Repeat([]byte(`{"id":4711,"name":"User","price":12.50,"note":"an item of no interest",`+
		`"url":"https://api.example.com/v1/users/9?x=1"},`), 1<<16)
	for _, word := range []string{"zebraquux", "interested", "rest is", "user\",\"z", "4712"} {
		b.Run(word, func(b *testing.B) {
			f := newFinder(word)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				f.index(text, 0)
			}
		})
	}
}
