package rules

import (
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// TestConditionOfARow: a row meets its own condition, whatever it holds, and another path does not.
func TestConditionOfARow(t *testing.T) {
	for _, c := range []struct{ method, host, path, want string }{
		{"GET", "api.test:8443", "/v1/users?page=2", "host:=api.test:8443 path:=/v1/users method:get"},
		{"POST", "a.test", "/", "host:=a.test path:=/ method:post"},
		{"GET", "a.test", "/a b", `host:=a.test path:="/a b" method:get`},
		{"GET", "a.test", "/a(b)|c", `host:=a.test path:="/a(b)|c" method:get`},
		{"GET", "a.test", `/a"b /`, `host:=a.test path:/^\/a.b.\//s method:get`},
		{"GET", "a.test", "/a\xff", `host:=a.test path:/^\/a./s method:get`},
		{"OPTIONS", "a.test", "*", "host:=a.test path:=* method:options"},
		{"GET", "", "/", "path:=/ method:get"},
		{"GET", "a：b", "/：", `host:="a：b" path:="/：" method:get`},
		{`G"`, `a"`, "/-x", "path:=/-x"},
	} {
		r := &flow.Row{Kind: flow.KindHTTP, Method: c.method, Host: c.host, Path: c.path}
		got := Condition(r)
		q, err := query.Parse(got)
		if got != c.want || err != nil || !q.Match(r) {
			t.Errorf("%q: %s, %v; want %s", c.path, got, err, c.want)
			continue
		}
		other := *r
		other.Path = "/other" + c.path
		if q.Match(&other) {
			t.Errorf("%s matches %s", got, other.Path)
		}
	}
	long := &flow.Row{Kind: flow.KindHTTP, Method: "GET", Host: "a", Path: "/" + strings.Repeat("(é)", 5000)}
	if got := Condition(long); len(got) > 1000 || !matches(t, got, long) {
		t.Errorf("a long path: %d bytes", len(got))
	}
}

func matches(t *testing.T, when string, r *flow.Row) bool {
	t.Helper()
	q, err := query.Parse(when)
	return err == nil && q.Match(r)
}

// TestAnswerFields: what belongs to the moment or to who asked is left out, and named.
func TestAnswerFields(t *testing.T) {
	kept, left := AnswerFields([]Field{{":status", "200", 0}, {"Content-Type", "a/b", 1}, {"X-Api", "1", 2}, {"Set-Cookie", "a=b", 3},
		{"Content-Length", "3", 4}, {"DATE", "x", 5}, {"Bad Name", "x", 6}, {"Bad", "a\x01", 7}, {"Set-Cookie", "c=d", 8}})
	if !slices.Equal(kept, []string{"X-Api: 1"}) || !slices.Equal(left, []string{"Set-Cookie", "Content-Length", "DATE", "Bad Name",
		"Bad"}) {
		t.Errorf("%q %q", kept, left)
	}
	var many []Field
	for range 300 {
		many = append(many, Field{Name: "X", Value: "1"})
	}
	if kept, _ := AnswerFields(many); len(kept) != maxEdits {
		t.Error(len(kept))
	}
}

// FuzzBlock: what is made of any exchange is one rule that can be loaded, and that matches it.
func FuzzBlock(f *testing.F) {
	f.Add("GET", "api.test", "/v1/users?page=2", "Users", "X-A: b")
	f.Add("GET", "a", "/[[rule]]\n\"'''\x00", "[[rule]]\n\"\"\"", "# \r\n[[rule]]")
	f.Add("ӛ", "ӛ:80", "/ӛ?", "", "")
	f.Fuzz(func(t *testing.T, method, host, path, name, remark string) {
		r := &flow.Row{Kind: flow.KindHTTP, Method: method, Host: host, Path: path}
		text, err := Block(Rule{Name: strings.ToValidUTF8(name, ""), When: Condition(r), Mark: "red"}, remark)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Load("", text, "")
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if _, blocks := Blocks(text); len(blocks) != 1 || len(s.Rules) != 1 || !s.Rules[0].when.Match(r) {
			t.Fatalf("%d rules, %d blocks\n%s", len(s.Rules), len(blocks), text)
		}
	})
}
