package query_test

import (
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
)

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, " a  b ": {"a", "b"}, `a "b c" -d:"e f"`: {"a", `"b c"`, `-d:"e f"`}, "a (b | c) -(d e)": {"a", "(b | c)", "-(d e)"},
		"a | b": {"(a | b)"}, "a b | c d": {"(a b | c d)"}, `a "b c`: {"a", `"b c`}, "a (b c": {"a", "(b c"}, "| a": {"|", "a"},
		"/a(b) c|d": {"/a(b)", "c|d"}, `body:/a\ b/ x`: {`body:/a\ b/`, "x"}, "status:x a": {"status:x", "a"}, "（a　b）　c": {"（a　b）", "c"},
		"(a)(b)": {"(a)", "(b)"}, `host:="a b" x`: {`host:="a b"`, "x"},
	} {
		if got := query.Words(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("a (b | c) | d")
	f.Add(`x "y`)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > query.MaxLength-2 {
			return
		}
		again := strings.Join(query.Words(text), " ")
		one, errOne := query.Parse(text)
		two, errTwo := query.Parse(again)
		if errOne == nil && (errTwo != nil || one.Match(&row) != two.Match(&row)) {
			t.Fatalf("%q became %q (%v)", text, again, errTwo)
		}
	})
}

// A value in quotes is a word of the filter, whatever it has in it.
func TestQuoted(t *testing.T) {
	for value, want := range map[string]string{"curl": "curl", "Google Chrome": `"Google Chrome"`, `a "b" (c)`: `"a b (c)"`,
		"a：b": `"a：b"`} {
		got := query.Quoted(value)
		if _, err := query.Parse("app:" + got); got != want || err != nil {
			t.Errorf("%q is %s, %v", value, got, err)
		}
	}
}
