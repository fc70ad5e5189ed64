package rules

import (
	"slices"
	"strings"
	"testing"
)

// Path and query are changed where that is asked for, and all other bytes stay.
func TestEditTarget(t *testing.T) {
	for _, c := range []struct{ rule, from, to string }{
		{"send.path = '/x'", "/a?b=%20", "/x?b=%20"},
		{"send.path = '/x?y'", "/a?b", "/x?y"},
		{"send = { find = '/^\\/v1\\/(.*)/', with = '/v2/$1' }", "/v1/a?b", "/v2/a?b"},
		{"send = { find = '/api', with = '' }", "/api/a/api", "/a"},
		{"send = { find = '/.*/', with = '' }", "/a", "!"},
		{"send = { find = 'a', with = 'x y' }", "/a", "!"},
		{"request.query.set = ['b=2']", "/?a=1&b=%31&c&b=3&=", "/?a=1&b=2&c&="},
		{"request.query.set = ['d=4']", "/x?a=1&", "/x?a=1&&d=4"},
		{"request.query.set = ['d=4']", "/x", "/x?d=4"},
		{"request.query.add = ['a=2']", "/x?a=1", "/x?a=1&a=2"},
		{"request.query.remove = ['a', 'b']", "/x?a=1&c=%2&b&a", "/x?c=%2"},
		{"request.query.remove = ['a']", "/x?a=1", "/x"},
		{"request.query.remove = ['b']", "/x?", "/x?"},
		{"request.query.remove = ['b']", "/x?a=?b", "/x?a=?b"},
	} {
		s := mustLoad(t, "[[rule]]\n"+c.rule)
		got, ok := s.Rules[0].EditTarget(c.from)
		if c.to == "!" {
			if ok {
				t.Errorf("%s: %q becomes %q", c.rule, c.from, got)
			}
			continue
		}
		if !ok || got != c.to {
			t.Errorf("%s: %q becomes %q, want %q", c.rule, c.from, got, c.to)
		}
	}
}

func texts(fields []Field) (lines []string) {
	for _, f := range fields {
		lines = append(lines, f.Name+": "+f.Value)
	}
	return lines
}

// Cookies are changed one by one; those beside them, and attributes, stay as they are.
func TestCookies(t *testing.T) {
	for _, c := range []struct {
		rule     string
		response bool
		from, to string
	}{
		{"request.cookies.set = ['b=2']", false, "A: x|Cookie: a=1; b=1;  c=3", "A: x|Cookie: a=1; b=2;  c=3"},
		{"request.cookies.set = ['b=2']", false, "A: x", "A: x|Cookie: b=2"},
		{"request.cookies.set = ['b=2']", false, "cookie: a=1", "cookie: a=1; b=2"},
		{"request.cookies.set = ['b=2']", false, "cookie: a=1|cookie: b=1|cookie: b=3", "cookie: a=1|cookie: b=2"},
		{"request.cookies.remove = ['a']", false, "Cookie: a=1; b=2", "Cookie: b=2"},
		{"request.cookies.remove = ['a']", false, "Cookie: a=1|B: c", "B: c"},
		{"request.cookies.add = ['a=2']", false, "Cookie: a=1", "Cookie: a=1; a=2"},
		{"response.cookies.set = ['a=2']", true, "Set-Cookie: a=1; Path=/; Secure|Set-Cookie: b=1",
			"Set-Cookie: a=2; Path=/; Secure|Set-Cookie: b=1"},
		{"response.cookies.set = ['a=2; Max-Age=1']", true, "Set-Cookie: a=1; Path=/", "Set-Cookie: a=2; Max-Age=1"},
		{"response.cookies.set = ['a=2']", true, "X: y", "X: y|Set-Cookie: a=2"},
		{"response.cookies.remove = ['a']", true, "set-cookie: a=1; Path=/|Set-Cookie: ab=1", "Set-Cookie: ab=1"},
		{"response.cookies.add = ['a=2; Path=/']", true, "Set-Cookie: a=1", "Set-Cookie: a=1|Set-Cookie: a=2; Path=/"},
	} {
		s := mustLoad(t, "[[rule]]\n"+c.rule)
		var in []Field
		for i, line := range strings.Split(c.from, "|") {
			name, value, _ := strings.Cut(line, ": ")
			in = append(in, Field{Name: name, Value: value, At: i})
		}
		before := slices.Clone(in)
		out, changed, why := s.Rules[0].EditRequest(in)
		if c.response {
			out, _, changed, why = s.Rules[0].EditResponse(in)
		}
		if got := strings.Join(texts(out), "|"); got != c.to || !changed || !why.IsZero() {
			t.Errorf("%s: %q becomes %q, want %q", c.rule, c.from, got, c.to)
		}
		if !slices.Equal(in, before) {
			t.Errorf("%s changed what came", c.rule)
		}
		for _, f := range out {
			if f.At >= 0 && f != before[f.At] {
				t.Errorf("%s: %+v is another", c.rule, f)
			}
		}
	}
	s := mustLoad(t, "[[rule]]\nrequest.cookies = { set = ['a=1'], remove = ['z'] }")
	if _, changed, _ := s.Rules[0].EditRequest([]Field{{"Cookie", "a=1;b=2", 0}}); changed {
		t.Error("a cookie that is so already was changed")
	}
}
