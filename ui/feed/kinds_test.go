package feed

import (
	"slices"
	"testing"

	"posthouse/proxy/capture/query"
)

func TestQuickButtonsWriteWords(t *testing.T) {
	for _, c := range []struct {
		text, word string
		more       bool
		want       string
	}{
		{"", "type:json", false, "type:json"},
		{"host:api", "type:json", false, "type:json host:api"},
		{"type:json host:api", "type:json", false, "host:api"},
		{"host:api type:json", "type:html", false, "type:html host:api"},
		{"type:json", "is:error", true, "(type:json | is:error)"},
		{"(type:json | is:error) x", "type:css", true, "(type:json | is:error | type:css) x"},
		{"(type:json | is:error) x", "is:error", true, "type:json x"},
		{"(type:json | is:error) x", "is:error", false, "is:error x"},
		{"(type:json | is:error) x", "", false, "x"},
		{"a | b", "type:json", false, "type:json (a | b)"},
		{"type:json (a | b)", "type:json", false, "(a | b)"},
		{"(type:json | host:a)", "type:json", false, "type:json (type:json | host:a)"},
		{"-type:json", "type:json", false, "type:json -type:json"},
		{`x "type:json`, "type:html", false, `type:html x "type:json`},
	} {
		got := WithKind(c.text, c.word, c.more)
		if got != c.want {
			t.Errorf("%q with %q: %q, want %q", c.text, c.word, got, c.want)
		}
	}
	if got := KindsOf("x (type:json | is:error)"); !slices.Equal(got, []string{"type:json", "is:error"}) {
		t.Errorf("%q", got)
	}
	if KindsOf("type:json | x") != nil || KindsOf("-type:json") != nil || KindsOf("") != nil {
		t.Error("a button is down that stands for nothing")
	}
	for _, k := range Kinds {
		if _, err := query.Parse(k.Word); err != nil || !slices.Equal(query.Words(k.Word), []string{k.Word}) {
			t.Errorf("%s: %v", k.Word, err)
		}
	}
}

func TestScopesKeepWhatIsOr(t *testing.T) {
	if got := WithScope("a | b", "host:=x"); got != "host:=x (a | b)" {
		t.Errorf("%q", got)
	}
	if got := WithScope("host:=x (a | b)", "host:=x"); got != "(a | b)" {
		t.Errorf("%q", got)
	}
	if got := Scopes("host:=x | host:=y"); len(got) > 0 {
		t.Errorf("%q narrow nothing", got)
	}
}
