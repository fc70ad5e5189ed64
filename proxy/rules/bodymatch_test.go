package rules

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/reason"
)

// A text and an expression are found wherever pieces of a body end.
func TestBodyReplaceOverAllBorders(t *testing.T) {
	for _, c := range []struct{ find, with, body string }{
		{"ab", "x", "aabab a ba aab"},
		{"aab", "<$1>", "aaaab aabaab aa"},
		{"abcabd", "", "abcabcabd abcabdabcab"},
		{"aa", "a", "aaaaaaa"},
		{"\u00e9", "e", "caf\u00e9 \u00e9\u00e9 \xc3"},
		{"/a+b/", "<$0>", "aaab ab b aaa aab a"},
		{"/(?i)foo(bar)?/", "[$1]", "foo FOOBAR fooba foobarfoo fo"},
		{`/"price":(\d+)/`, `"price":${1}0`, `{"price":12,"price":3}`},
		{`/\bfoo\b/`, "bar", "foo foot foo, afoo foo"},
		{"/^a/", "b", "aa\na"},
		{"/(?m)^a/", "b", "aa\na\na"},
		{"/a$/", "b", "aa\na"},
		{"/(?m)a$/", "b", "aa\na"},
		{`/(?P<x>\w)\.(?P<y>\w)/`, "$y.$x", "a.b c.d.e"},
		{"/a.*?b/", "-", "a123b aab a\nb axb"},
		{"/a.*b/", "-", "a123b aab a\nb axbx"},
		{"/x{2,3}y?/", "<$0>", "xxxxy xxy x xxx"},
		{"/a|ab|abc/", "<$0>", "abc ab a"},
		{"/(?:ab|a)(?:c|bcd)/", "<$0>", "abcd ac abc abbcd"},
		{"/[^x]y/", "<$0>", "\xc3\xa9y \xffy xy"},
		{"/\\By/", "Y", "y xy xyy"},
	} {
		want := strings.ReplaceAll(c.body, c.find, c.with)
		if n := len(c.find); c.find[0] == '/' {
			want = regexp.MustCompile(c.find[1:n-1]).ReplaceAllString(c.body, c.with)
		}
		set := bodyRules(t, fmt.Sprintf("{ replace = [{ find = '''%s''', with = '%s' }] }", c.find, c.with))
		for first := 0; first <= len(c.body); first++ {
			for _, rest := range []int{1, 2, len(c.body)} {
				w := set.Rewriting(set.Rules, false)
				got := streamed(t, w, c.body, max(first, 1), rest)
				if got != want || w.Changed() != (want != c.body) || !w.Parts()[0].Why.IsZero() {
					t.Fatalf("%s in %q, pieces of %d, %d: %q, want %q; %+v", c.find, c.body, first, rest, got, want, w.Parts()[0])
				}
			}
		}
		if w := set.Rewriting(set.Rules, false); string(w.Apply([]byte(c.body))) != want && w.Changed() {
			t.Errorf("%s as a whole: %q", c.find, w.Apply([]byte(c.body)))
		}
	}
}

// Expressions give the same as over the whole, whatever the body and its pieces.
func TestBodyPatternsAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "b", "ab", "[ab]", ".", "a*", "b+", "(ab)?", "a{2,3}", `\b`, "c", "(a|bc)", "b*?", "(?:a|ab)", "$", "(?m:^)"}
	for range 2000 {
		source := ""
		for range 1 + random.IntN(4) {
			source += parts[random.IntN(len(parts))]
		}
		p, why := readPattern("/" + source + "/")
		if !why.IsZero() {
			continue
		}
		body := make([]byte, random.IntN(30))
		for i := range body {
			body[i] = "abc \n"[random.IntN(5)]
		}
		f := &finder{with: []byte("<$0>"), pattern: p}
		want := regexp.MustCompile(source).ReplaceAllString(string(body), "<$0>")
		for size := 1; size < 6; size++ {
			w := &Rewriting{stages: []stage{newPatternStage(f, &BodyPart{})}}
			if got := streamed(t, w, string(body), random.IntN(4)+1, size); got != want {
				t.Fatalf("%q in %q by %d: %q, want %q", source, body, size, got, want)
			}
		}
	}
}

// What is decided passes: no event of a stream waits for the next.
func TestBodyHoldsLittle(t *testing.T) {
	for find, held := range map[string]int{"foo": 0, "data: 8": 0, "\\n\\nx": 0, "/foo|bar/": 0, `/data: \d/`: 0, `/: \d+\n/`: 0,
		"/7\\n\\n+/": 3} {
		set := bodyRules(t, fmt.Sprintf("{ replace = [{ find = '%s', with = 'x' }] }", find))
		w := set.Rewriting(set.Rules, false)
		if err := w.Write([]byte("data: 7\n\n"), func([]byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if w.Held() != held {
			t.Errorf("%s holds %d", find, w.Held())
		}
	}
}

// A match that is too long is not found, whatever the pieces, and that is told; the memory is bounded.
func TestBodyMatchTooLong(t *testing.T) {
	set := bodyRules(t, `{ replace = [{ find = '/<s>[^<]*</s>/', with = 'x' }] }`)
	long := "<s>" + strings.Repeat("y", MaxMatch) + "</s>"
	body := "<s>1</s>" + long + "<s>2</s>" + strings.Repeat("z", 3*MaxMatch) + "<s>3</s>"
	want := "x" + long + "x" + strings.Repeat("z", 3*MaxMatch) + "x"
	for _, size := range []int{997, 16 << 10, len(body)} {
		w := set.Rewriting(set.Rules, false)
		if got := streamed(t, w, body, size); got != want {
			t.Errorf("by %d: %d bytes, want %d", size, len(got), len(want))
		}
		if w.Parts()[0].Why.Code != reason.RuleMatchLong || !w.Changed() {
			t.Errorf("%+v", w.Parts()[0])
		}
		if s := w.stages[0].(*patternStage); cap(s.window) > 2*MaxMatch {
			t.Error("a window of", cap(s.window))
		}
	}
}

func FuzzBody(f *testing.F) {
	f.Add("/a.*b/", "$0", "xaab", 3)
	f.Add("aab", "c", "aaab", 1)
	f.Add("/(?i)x{2,}(y|z)?$/", "-", "xXz", 2)
	f.Fuzz(func(t *testing.T, find, with, body string, size int) {
		found, why := readFind(BodyFind{find, with})
		if !why.IsZero() || len(body) > 1000 || size < 1 {
			return
		}
		want := strings.ReplaceAll(body, find, with)
		if found.pattern != nil {
			want = string(found.pattern.find.ReplaceAll([]byte(body), []byte(with)))
		}
		part := &BodyPart{}
		w := &Rewriting{stages: stagesOf(nil, bodyWork{&bodyEdit{finds: []finder{found}}, part})}
		if got := streamed(t, w, body, size); got != want && part.Why.IsZero() {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

func BenchmarkBody(b *testing.B) {
	body := bytes.Repeat([]byte(`{"name":"value","price":12.5,"text":"some words of text"},`+"\n"), 1000)
	for _, find := range []string{"price", "zzz", `/"price":\d+/`, `/(?i)zzz/`, `/"text":"[^"]*"/`} {
		b.Run(find, func(b *testing.B) {
			set := bodyRules(b, fmt.Sprintf("{ replace = [{ find = '%s', with = 'x' }] }", find))
			b.SetBytes(int64(len(body)))
			w := set.Rewriting(set.Rules, false)
			for b.Loop() {
				for at := 0; at < len(body); at += 16 << 10 {
					_ = w.Write(body[at:min(len(body), at+16<<10)], func([]byte) error { return nil })
				}
			}
		})
	}
}

// What takes as little as it can is found in a long line, and not kept from the client until that ends.
func TestBodyPatternsThatTakeLittle(t *testing.T) {
	set := bodyRules(t, `{ replace = [{ find = '/"(a.*?)"/', with = '<$1>' }] }`)
	body := strings.Repeat(`{"abc":"xyz"},`, 10_000)
	want := strings.ReplaceAll(body, `"abc"`, `<abc>`)
	for _, sizes := range [][]int{{len(body)}, {1, 5000}, {13}} {
		w := set.Rewriting(set.Rules, false)
		if got := streamed(t, w, body, sizes...); got != want || !w.Parts()[0].Why.IsZero() {
			t.Errorf("%v: %.40q; %+v", sizes, got, w.Parts()[0])
		}
	}
	w := set.Rewriting(set.Rules, false)
	var out []byte
	err := w.Write([]byte(body[:10]), func(p []byte) error { out = append(out, p...); return nil })
	if err != nil || string(out) != want[:10] {
		t.Errorf("%v, %q", err, out)
	}
}

// Who is slow to take what comes of a body does not have a rule be too slow.
func TestBodyPatternsWaitForWhoTakesThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := bodyRules(t, `{ replace = [{ find = "/c(a+)t/", with = "$1" }, { find = "/b+/", with = "c" }] }`)
		w := set.Rewriting(set.Rules, false)
		var out strings.Builder
		for range 10 {
			err := w.Write([]byte("cat, caat, b, "), func(p []byte) error {
				out.Write(p)
				time.Sleep(slowStart)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if want := strings.Repeat("a, aa, c, ", 10); out.String() != want || !w.Parts()[0].Why.IsZero() {
			t.Errorf("%q; %+v", out.String(), w.Parts()[0])
		}
	})
}
