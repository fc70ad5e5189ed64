package feed

import (
	"slices"
	"testing"

	"posthouse/proxy/capture/query"
)

func TestFilterWords(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, "  a  b ": {"a", "b"}, `host:="a b" c`: {`host:="a b"`, "c"}, `x "open quote`: {"x", `"open quote`},
		"a\tb\nc": {"a", "b", "c"}, `a"b c"d`: {`a"b c"d`},
	} {
		if got := query.Words(text); !slices.Equal(got, want) {
			t.Errorf("%q has the words %q, want %q", text, got, want)
		}
	}
}

func TestWithScope(t *testing.T) {
	for _, c := range []struct{ text, word, want string }{
		{"", "host:=a.test", "host:=a.test"},
		{"status:5xx", "host:=a.test", "host:=a.test status:5xx"},
		{"host:=a.test status:5xx", "host:=b.test", "host:=b.test status:5xx"},
		{"host:=a.test status:5xx", "app:=curl", "app:=curl status:5xx"},
		{"status:5xx host:=a.test", "host:=a.test", "status:5xx"},
		{"host:=a.test app:=curl x", "", "x"},
		{"-host:=a.test host:a", "host:=a.test", "host:=a.test host:a"},
		{"-host:=a.test", "host:=b.test", "host:=b.test -host:=a.test"},
		{`app:="a b" "two words"`, `app:="a b"`, `"two words"`},
	} {
		if got := WithScope(c.text, c.word); got != c.want {
			t.Errorf("%q with %q is %q, want %q", c.text, c.word, got, c.want)
		}
	}
	if got := OnlyScope("host:=a.test x", "host:=a.test"); got != "host:=a.test x" {
		t.Errorf("only what is shown already: %q", got)
	}
}
