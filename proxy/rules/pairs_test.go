package rules

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"posthouse/proxy/reason"
)

// Values are replaced by pattern, and all other bytes stay.
func TestPairsReplace(t *testing.T) {
	s := mustLoad(t, `[[rule]]
request.query = { replace = [{ name = "page", find = '/^(\d+)$/', with = "${1}0" }, { name = "q", find = "a", with = "b" }] }
request.cookies = { replace = [{ name = "s", find = "/.+/", with = "<$0>" }] }
response.cookies = { replace = [{ name = "id", find = "old", with = "new" }] }`)
	c := s.Rules[0]
	for from, to := range map[string]string{"/x?page=1&page=ab&q=a=a&Q=a&q": "/x?page=10&page=ab&q=b=b&Q=a&q", "/x": "/x", "/x?": "/x?"} {
		if got, ok := c.EditTarget(from); !ok || got != to {
			t.Errorf("%s: %s %v", from, got, ok)
		}
	}
	out, changed, why := c.EditRequest([]Field{{"Cookie", "t=1; s=2;  u=3", 0}, {"cookie", "s=", 1}})
	if !changed || !why.IsZero() || out[0].Value != "t=1; s=<2>;  u=3" || out[1].At != 1 {
		t.Error(out, why)
	}
	out, _, changed, why = c.EditResponse([]Field{{"Set-Cookie", "id=old; Path=/old", 0}, {"Set-Cookie", "idx=old", 1}})
	if !changed || !why.IsZero() || out[0].Value != "id=new; Path=/old" || out[1].At != 1 {
		t.Error(out, why)
	}
	// What would grow without bound is not changed.
	s = mustLoad(t, "[[rule]]\nrequest.query.replace = [{name='a', find='x', with='"+strings.Repeat("y", 100)+"'}]\n"+
		"request.cookies.replace = [{name='a', find='/x/', with='"+strings.Repeat("y", 100)+"'}]")
	long := strings.Repeat("x", 10_000)
	if got, ok := s.Rules[0].EditTarget("/?a=" + long); ok || got != "/?a="+long {
		t.Error("a query grew")
	}
	if _, changed, why := s.Rules[0].EditRequest([]Field{{"Cookie", "a=" + long, 0}}); changed || why.Code != reason.RuleGrown {
		t.Error(why)
	}
	for _, bad := range []string{"request.query.replace = [{name='a', find='', with='b'}]",
		"request.query.replace = [{name='a', find='/(/', with='b'}]",
		"request.query.replace = [{name='a', find='x', with='b&c=1'}]", "request.cookies.replace = [{name='a', find='x', with='b;c=1'}]",
		"request.query.replace = [{name='a=b', find='x', with='b'}]", "request.query.replace = [{name='', find='x', with='b'}]",
		"response.query.replace = [{name='a', find='x', with='b'}]", "request.query = {}"} {
		if _, err := Load("", []byte("[[rule]]\n"+bad), ""); err == nil {
			t.Error(bad)
		}
	}
}

// A form is changed as a query is; what is none is left, and told.
func TestForms(t *testing.T) {
	s := mustLoad(t, `[[rule]]
request.body = { form = { remove = ["c"], replace = [{ name = "b", find = "1", with = "2" }], set = ["a=3"], add = ["d=%204"] } }`)
	for from, to := range map[string]string{"a=1&b=11&c=2&e": "a=3&b=22&e&d=%204", "": "a=3&d=%204"} {
		w := s.Rewriting(s.Rules, true)
		if got := w.Apply([]byte(from)); string(got) != to || !w.Changed() {
			t.Errorf("%q: %q", from, got)
		}
	}
	for _, other := range []string{`{"a": 1}`, "a=\x00", "a=ä"} {
		w := s.Rewriting(s.Rules, true)
		if got := w.Apply([]byte(other)); got != nil || w.Parts()[0].Why.Code != reason.RuleForm {
			t.Errorf("%q: %q %v", other, got, w.Parts()[0].Why)
		}
	}
	if _, err := Load("", []byte("[[rule]]\nrequest.body.form = {}"), ""); err == nil {
		t.Error("a form without a change")
	}
}

// Networks of one's own have names as others have, and a draft of a rule may use them.
func TestOwnPresets(t *testing.T) {
	const presets = "[presets]\noffice = { down = '5 Mbit/s', up = '1 Mbit/s', latency = '80ms' }\n'Train tunnel' = { latency = '3s' }\n"
	text := []byte(presets + "[[rule]]\nthrottle = { preset = 'Office', latency = '10ms' }\n[[rule]]\nthrottle.preset = 'train tunnel '\n")
	s, err := Load("", text, "")
	if err != nil {
		t.Fatal(err)
	}
	down, up := s.Rules[0].Lines()
	if down == nil || up == nil || s.Rules[0].Wait().String() != "10ms" || s.Rules[1].Wait().String() != "3s" {
		t.Errorf("%v %v %v", down, up, s.Rules[0].Wait())
	}
	draft := []byte("[[rule]]\nthrottle.preset = 'office'\n")
	if _, err := s.Draft(draft); err != nil {
		t.Error(err)
	}
	var none *Set
	if _, err := none.Draft(draft); err == nil {
		t.Error("a preset of no file is known")
	}
	if off, err := SetOff(text, true, 1); err != nil || !strings.Contains(string(off), presets) {
		t.Error(err, string(off))
	}
	many := "[presets]\n"
	for i := range maxPresets + 1 {
		many += fmt.Sprint("a", i, " = { latency = '1s' }\n")
	}
	for _, c := range []struct {
		text, code string
		line       int
	}{
		{"[presets]\n'3g' = { down = '1 Mbit/s' }\n", "rule-preset-name", 2},
		{"[presets]\n' ' = { down = '1 Mbit/s' }\n", "rule-preset-name", 2},
		{"[presets]\na = { down = '1 Mbit/s' }\n\n# another\nA = { down = '2 Mbit/s' }\nB = {latency = '1s'}", "rule-preset-name", 5},
		{"[presets]\na = {}\n", "rule-throttle-nothing", 2},
		{"\ufeff# mine\n[presets.a]\nlatency = '1s'\n[presets.b]\n[presets.c]\nlatency = '1s'", "rule-throttle-nothing", 4},
		{"[presets]\nb = { latency = '1s' }\na = { latency = '11m' }\nc = { latency = '1s' }\n[[rule]]\nblock='403'", "rule-delay", 3},
		{"[presets.a]\ndown = '1 Mbit/s'\nlatency = '11m'", "rule-delay", 3},
		{"presets.a.down = '1 Mbit/s'\npresets.a.latency = '11m'\n", "rule-delay", 2},
		{"[presets]\na = { latency = '1s' }\nb = { preset = '3G' }\n", "rule-unknown", 3},
		{"[presets]\na = { latency = '1s' }\nb = { down = '3G' }\n", "rule-syntax", 3},
		{"[[rule]]\nblock='403'\n[presets]\na = { latency = '1s' }\n", "rule-preset-place", 3},
		{"[presets]\n" + strings.Repeat("a", maxPresetName+1) + " = { latency = '1s' }", "rule-preset-name", 2},
		{many, "rule-preset-many", maxPresets + 2},
	} {
		_, err := Load("rules.toml", []byte(c.text), "")
		var bad *FileError
		if !errors.As(err, &bad) || string(bad.Why.Code) != c.code || bad.Line != c.line {
			t.Errorf("%q: %v, not line %d", c.text, err, c.line)
		}
	}
}
