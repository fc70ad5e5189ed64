package rules

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

const example = `
[[rule]]
name = "Users"
when = "host:=api.test path:/users method:get"
answer = { text = "[]", type = "application/json", fields = ["X-A: b"] }

[[rule]]
when = "host:api"
last = true
request.set = ["X-Debug: 1"]
request.remove = ["Cookie"]
response.replace = [{ field = "Location", find = "/^https:/", with = "http:" }]

[[rule]]
when = "status:5xx"
mark = "red"
response.status = 200
`

func TestLoad(t *testing.T) {
	s, err := Load("rules.toml", []byte(example), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rules) != 3 || s.Rules[0].Label() != "Users" || s.Rules[1].Label() != "2" {
		t.Errorf("%+v", s.Rules)
	}
	a, why := s.Answer(s.Rules[0], &Asked{})
	if !why.IsZero() || a.Status != 200 || a.Text != "[]" || a.Type != "application/json" || a.Fields[0].Name != "X-A" {
		t.Errorf("%+v %v", a, why)
	}
	text, err := Format([]Rule{s.Rules[0].Rule, s.Rules[1].Rule, s.Rules[2].Rule})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load("again", text, "")
	if err != nil || fmt.Sprintf("%+v", again.Rules[1].Rule.Request) != fmt.Sprintf("%+v", s.Rules[1].Rule.Request) {
		t.Errorf("%v\n%s", err, text)
	}
}

// What is wrong with a condition is a code as well, for which the window has its own words.
func TestWhatIsWrongWithAConditionHasACode(t *testing.T) {
	for when, why := range map[string]flow.Reason{
		"host:": reason.FilterValue.With("host"), "a |": reason.FilterOr.With(), "/(/": reason.FilterRegexpParen.With(),
		"status:x": reason.FilterStatus.With(),
	} {
		_, err := Load("rules.toml", []byte("[[rule]]\nblock = 'reset'\nwhen = '"+when+"'"), "")
		var bad *FileError
		if !errors.As(err, &bad) || !reflect.DeepEqual(bad.Why, reason.RuleCondition.With(why)) {
			t.Errorf("%q: %v", when, err)
		}
	}
}

// TestWhatIsWrong: each mistake has its line and its reason.
func TestWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		text string
		line int
		code flow.ReasonCode
	}{
		{"[[rule]]\nblock = 'reset'\nwhenn = 'a'", 3, reason.RuleUnknown},
		{"[[rule]]\nblock = ", 2, reason.RuleSyntax},
		{"\n[[rule]]\nblock = 'reset'\n[[ rule ]] # two\nwhen = 'host:'\nblock='reset'", 5, reason.RuleCondition},
		{"[[rule]]\nwhen = 'a'", 1, reason.RuleNothing},
		{"[[rule]]\nblock = 'maybe'", 2, reason.RuleBlock},
		{"[[rule]]\nblock = 'reset'\nanswer.text = 'a'", 3, reason.RuleTwo},
		{"[[rule]]\nanswer = {text = 'a', file = 'b'}", 2, reason.RuleAnswer},
		{"[[rule]]\nanswer = {status = 99}", 2, reason.RuleStatus},
		{"[[rule]]\nwhen = 'status:404'\nrequest.set = ['A: b']", 3, reason.RuleLate},
		{"[[rule]]\nwhen = 'body:secret'\nblock = 'reset'", 2, reason.RuleContents},
		{"[[rule]]\nwhen = 'size:<1mb'\nmark = 'red'", 2, reason.RuleOutcome},
		{"[[rule]]\nwhen = 'host:a (status:404 | -time:>2s)'\nmark = 'red'", 2, reason.RuleOutcome},
		{"[[rule]]\nwhen = 'sent:0'\nblock = 'reset'", 2, reason.RuleOutcome},
		{"[[rule]]\nwhen = 'is:failed'\nmark = 'red'", 2, reason.RuleOutcome},
		{"[[rule]]\nwhen = 'is:websocket'\nmark = 'red'", 2, reason.RuleOutcome},
		{"[[rule]]\nwhen = 'remote:10.'\nmark = 'red'", 2, reason.RuleOutcome},
		{"[[rule]]\nwhen = '-mark:red'\nblock = 'reset'", 2, reason.RuleOutcome},
		{"[[rule]]\nrequest.set = ['Content-Length: 1']", 2, reason.RuleFraming},
		{"[[rule]]\nresponse.remove = ['transfer-Encoding']", 2, reason.RuleFraming},
		{"[[rule]]\nrequest.set = ['A']", 2, reason.RuleField},
		{"[[rule]]\nrequest.set = [\"A: b\\r\\nC: d\"]", 2, reason.RuleValue},
		{"[[rule]]\nrequest.set = ['A B: c']", 2, reason.RuleName},
		{"[[rule]]\nrequest.set = [':path: /x']", 2, reason.RuleName},
		{"[[rule]]\nrequest.replace = [{field='A', find='/(/', with=''}]", 2, reason.RulePattern},
		{"[[rule]]\nrequest.replace = [{field='A', find='', with=''}]", 2, reason.RuleFindEmpty},
		{"[[rule]]\nrequest.status = 200", 2, reason.RuleStatus},
		{"[[rule]]\nmark = 'pink'", 2, reason.RuleMark},
		{"[[rule]]\ndelay.request = '1h'", 2, reason.RuleDelay},
		{"[[rule]]\ndelay.piece = '1h'", 2, reason.RuleDelay},
		{"[[rule]]\ndelay.piece = '-1s'", 2, reason.RuleDelay},
		{"[[rule]]\nname = 'a'\n\n# why\nanswer.fields = [\n  'A: b',\n  'C',\n]\nmark = 'red'\n[[rule]]", 5, reason.RuleField},
		{"[[rule]]\nname = 'a'\n[rule.answer]\ntext = 'x'\nstatus = 204", 5, reason.RuleNoBody},
		{"[[rule]]\nname = 'a'\nthrottle.preset = 'none'", 3, reason.RulePreset},
		{"[[rule]]\nblock = 403", 2, reason.RuleNeedsText},
		{"[[rule]]\nrecord = 'false'", 2, reason.RuleNeedsSwitch},
		{"[[rule]]\nanswer = { text = 'a', status = '200' }", 2, reason.RuleNeedsNumber},
		{"[[rule]]\nrequest.set = 'A: b'", 2, reason.RuleNeedsList},
		{"[[rule]]\nanswer = 'hi'", 2, reason.RuleNeedsTable},
	} {
		_, err := Load("rules.toml", []byte(c.text), "")
		var bad *FileError
		if !errors.As(err, &bad) || bad.Line != c.line || bad.Why.Code != c.code {
			t.Errorf("%q: %v (line %d, %v)", c.text, err, c.line, c.code)
		}
	}
}

// A value of another kind is named by its key, and not by what the program calls it.
func TestWhatAValueMustBe(t *testing.T) {
	for text, want := range map[string]string{
		"[[rule]]\nblock = 403":                       "rules.toml:2: block is a text: put it into quotes",
		"[[rule]]\nrequest.remove = \"Cookie\" # a=b": "rules.toml:2: request.remove is a list: put it into square brackets",
	} {
		if _, err := Load("rules.toml", []byte(text), ""); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func row(method, host, path string) *flow.Row {
	return &flow.Row{Method: method, Scheme: "https", Host: host, Path: path}
}

func labels(list []*Compiled) (names []string) {
	for _, c := range list {
		names = append(names, c.Label())
	}
	return names
}

func mustLoad(t testing.TB, text string) *Set {
	t.Helper()
	s, err := Load("rules.toml", []byte(text), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAllThatMatchApply: in order, up to the last one.
func TestAllThatMatchApply(t *testing.T) {
	s := mustLoad(t, example)
	if got := labels(s.Request(row("GET", "api.test", "/users/1"))); !slices.Equal(got, []string{"Users", "2"}) {
		t.Errorf("%q", got)
	}
	if got := labels(s.Request(row("POST", "API.test:8443", "/"))); !slices.Equal(got, []string{"2"}) {
		t.Errorf("%q", got)
	}
	r := row("GET", "other.test", "/")
	matched := s.Request(r)
	if got := labels(matched); !slices.Equal(got, []string{"3"}) || matched[0].Early() {
		t.Errorf("%q", got)
	}
	if r.Status = 200; len(Response(matched, r)) != 0 {
		t.Error("200 is taken for 5xx")
	}
	if r.Status = 503; len(Response(matched, r)) != 1 {
		t.Error("503 is not taken for 5xx")
	}
}

// TestWhyNot: each rule says why it does not apply.
func TestWhyNot(t *testing.T) {
	s := mustLoad(t, example+"\n[[rule]]\noff = true\nblock = 'reset'\n")
	all := s.Explain(row("POST", "api.test", "/users"))
	if all[0].Applies || all[0].Part != "method:get" {
		t.Errorf("%+v", all[0])
	}
	if !all[1].Applies || all[2].Applies || all[2].Part != "status:5xx" || !all[3].Off {
		t.Errorf("%+v", all)
	}
}

// TestTheIndexLosesNone: what the index finds is what asking every rule finds.
func TestTheIndexLosesNone(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	hosts := []string{"api.test", "API.Example.com:8443", "münchen.test", "xn--mnchen-3ya.test", "a", "", "cdn.api.test", "[::1]:80"}
	paths := []string{"/", "/users?id=1", "/m%C3%BCnchen", "/a/b/c.JS", "*", ""}
	methods := []string{"GET", "POST", "PURGE", "get"}
	words := []string{"host:api", "host:=api.test", "host:=*.test", "host:münchen", "host:a,b", "-host:api", "path:/users", "path:münchen",
		"method:get,purge", "method:POST", "scheme:https", "users", "host:/^api/", "is:secure", "path:/A/B",
		"path:=/users", "path:=/münchen", "path:=/users?id=1", "path:=*"}
	var list []Rule
	for range 300 {
		when := words[rnd.IntN(len(words))]
		for rnd.IntN(2) == 0 {
			when += []string{" ", " | "}[rnd.IntN(2)] + words[rnd.IntN(len(words))]
		}
		list = append(list, Rule{When: when, Note: "x", Off: rnd.IntN(10) == 0})
	}
	s, err := Compile(list, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		r := row(methods[rnd.IntN(len(methods))], hosts[rnd.IntN(len(hosts))], paths[rnd.IntN(len(paths))])
		var want []string
		for _, c := range s.Rules {
			if !c.Off && c.when.Request(r) != query.NotMatched {
				want = append(want, c.Label())
			}
		}
		if got := labels(s.Request(r)); !slices.Equal(got, want) {
			t.Fatalf("%+v: got %q, want %q", r, got, want)
		}
	}
}

// TestEdit: fields keep their order, and untouched ones their place.
func TestEdit(t *testing.T) {
	s := mustLoad(t, `[[rule]]
request.remove = ["cookie"]
request.replace = [{field = "referer", find = "/(\\d+)/", with = "<$1>"}, {field = "X", find = "a", with = "b"}]
request.set = ["ACCEPT: */*", "New: 1"]
request.add = ["X: 3"]`)
	in := []Field{{"Cookie", "a=1", 0}, {"Accept", "text/html", 1}, {"X", "c", 2}, {"accept", "image/*", 3}, {"Referer", "/12", 4},
		{"COOKIE", "b", 5}}
	out, changed, _ := s.Rules[0].EditRequest(in)
	want := []Field{{"Accept", "*/*", -1}, {"X", "c", 2}, {"Referer", "/<12>", -1}, {"New", "1", -1}, {"X", "3", -1}}
	if !changed || !slices.Equal(out, want) {
		t.Errorf("%v %+v", changed, out)
	}
	if _, changed, _ := s.Rules[0].EditRequest([]Field{{"Accept", "*/*", 0}}); !changed {
		t.Error("an added field is no change")
	}
	s = mustLoad(t, "[[rule]]\nrequest.set = ['A: 1']\nrequest.remove=['B']")
	if out, changed, _ := s.Rules[0].EditRequest([]Field{{"A", "1", 0}}); changed || out[0].At != 0 {
		t.Error("a field that is so already was changed")
	}
}

// TestAnswersStayInTheirFolder: neither .. nor links lead out of it.
func TestAnswersStayInTheirFolder(t *testing.T) {
	above := t.TempDir()
	folder := filepath.Join(above, "rules")
	if err := errors.Join(os.MkdirAll(filepath.Join(folder, "in"), 0o700), os.WriteFile(filepath.Join(above, "secret"), []byte("s"), 0o600),
		os.WriteFile(filepath.Join(folder, "in", "a.json"), []byte("{}"), 0o600),
		os.Symlink(filepath.Join(above, "secret"), filepath.Join(folder, "link"))); err != nil {
		t.Skip(err)
	}
	for file, code := range map[string]flow.ReasonCode{"in/a.json": "", "../secret": reason.RuleOutside, "link": reason.RuleOutside,
		filepath.Join(above, "secret"): reason.RuleOutside, "none": reason.RuleFile, "in": reason.RuleFile} {
		s, err := Compile([]Rule{{Answer: &Answer{File: file}}}, folder)
		if err != nil {
			t.Fatal(err)
		}
		a, why := s.Answer(s.Rules[0], &Asked{})
		if why.Code != code {
			t.Errorf("%s: %v", file, reason.English(why))
		}
		if code != "" {
			continue
		}
		body, err := io.ReadAll(a.File)
		if string(body) != "{}" || a.Size != 2 || a.Type != "application/json" || errors.Join(err, a.File.Close()) != nil {
			t.Errorf("%q %+v %v", body, a, err)
		}
	}
}

// TestNoMatchAllocatesNothing: rules that do not match cost no memory.
func TestNoMatchAllocatesNothing(t *testing.T) {
	s := many(t, 1000)
	r := row("GET", "www.example.com", "/static/app.js?v=12")
	if n := testing.AllocsPerRun(100, func() {
		if s.Request(r) != nil {
			t.Fatal("it matches")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// many are rules of which none matches www.example.com.
func many(t testing.TB, n int) *Set {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[[rule]]\nname = \"rule %d\"\nwhen = \"%s\"\nrequest.set = [\"X-Rule: %d\"]\n",
			i, strings.ReplaceAll([]string{"host:api#.test method:post", "path:/v1/users/#", "host:=www#.example.com is:secure"}[i%3], "#",
				fmt.Sprint(i)), i)
	}
	return mustLoad(t, b.String())
}

func BenchmarkNoMatch(b *testing.B) {
	for _, n := range []int{0, 1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := many(b, n)
			r := row("GET", "www.example.com", "/static/app.js?v=12")
			b.ReportAllocs()
			for b.Loop() {
				s.Request(r)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte("[[rule]]\nblock = 'reset'\nwhen='host:a | (path:/b)'"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Load("rules.toml", text, "")
		if err != nil {
			return
		}
		r := row("GET", "api.test", "/users")
		for _, c := range s.Request(r) {
			c.EditRequest([]Field{{"A", "b", 0}})
		}
		s.Explain(r)
	})
}

// TestEditsDoNotGrow: whatever a pattern makes of a value, a head stays as long as heads may be.
func TestEditsDoNotGrow(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	for name, replace := range map[string]Replace{
		"doubled":       {"X", "/.+/", strings.Repeat("$0", 8)},
		"between all":   {"X", "/y*/", "12345"},
		"a text":        {"X", "x", "12345"},
		"groups":        {"X", "/(x)(x*)/", strings.Repeat("${2}", 5)},
		"many matches":  {"X", "/x/", "x"},
		"a long piece":  {"X", "/^x/", strings.Repeat("z", 300_000)},
		"behind others": {"X", "/x$/", strings.Repeat("$1z", 100_000)},
	} {
		rule, err := Compile([]Rule{{Request: &Edit{Replace: []Replace{replace}}}}, "")
		if err != nil {
			t.Fatal(name, err)
		}
		if out, changed, why := rule.Rules[0].EditRequest([]Field{{"X", long, 0}}); why.Code != reason.RuleGrown || changed || out != nil {
			t.Error(name, why, changed, size(out))
		}
	}
	// Each by itself is short enough, and all of them are not.
	s := mustLoad(t, "[[rule]]\nrequest.replace = [{field='A', find='x', with='xxxx'}]")
	var many []Field
	for i := range 10 {
		many = append(many, Field{"A", long[:10_000], i})
	}
	if _, _, why := s.Rules[0].EditRequest(many); why.Code != reason.RuleGrown {
		t.Error(why)
	}
	// What came long already may be edited.
	came := []Field{{"B", strings.Repeat("x", MaxEdited+9), 0}, {"A", "axb", 1}}
	s = mustLoad(t, "[[rule]]\nrequest.replace = [{field='A', find='/x(.*)$/', with='$1'}]")
	if out, changed, why := s.Rules[0].EditRequest(came); !changed || !why.IsZero() || out[1].Value != "ab" {
		t.Error(changed, why, out[1:])
	}
}

// TestReplacedAsAlways: the bounded way of replacing makes what regexp makes.
func TestReplacedAsAlways(t *testing.T) {
	for _, pattern := range []string{"a", "a*", "", "(a)|(b)", "^", "$", "(?P<n>a+)(b?)", "[^,]+", "\\b"} {
		for _, with := range []string{"", "z", "$1", "<${n}$$>", "$0$0"} {
			for _, value := range []string{"", "a", "aab, baa", "ccc", "ä, aä"} {
				r := replacement{pattern: regexp.MustCompile(pattern), with: with}
				if got, ok := r.in(value, 1000); !ok || got != r.pattern.ReplaceAllString(value, with) {
					t.Errorf("%q %q %q: %q %v", pattern, with, value, got, ok)
				}
			}
		}
	}
}

// TestEditedValuesAreTrimmed: no space is left around what a pattern has made (RFC 9110 section 5.5).
func TestEditedValuesAreTrimmed(t *testing.T) {
	s := mustLoad(t, "[[rule]]\nrequest.replace = [{field='A', find='x', with=' '}]")
	if out, _, _ := s.Rules[0].EditRequest([]Field{{"A", "xax", 0}}); out[0].Value != "a" {
		t.Errorf("%q", out[0].Value)
	}
}
