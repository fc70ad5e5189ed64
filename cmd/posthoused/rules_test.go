package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/proxytest/eventually"
)

// Rules are checked, and those of another program are written as Posthouse's.
func TestRulesCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const goodText = "# mine\n[[rule]]\nblock = '403' # kept\n[[rule]]\noff = true\nanswer.file = 'none'\n"
	good := write("rules.toml", goodText)
	files := write("files.toml", "[[rule]]\nanswer.file = 'whistle.txt'\n\n# lacks\n[[rule]]\nanswer.file = 'lacking.json'\n")
	bad := write("bad.toml", "\n[[rule]]\nblock = 'never'\n")
	whistle := write("whistle.txt", "a.test statusCode://404\nlonely\n")
	write("overrides/a.test/x.js", "1")
	local := write("local.txt", "a.test file://"+filepath.ToSlash(write("data/users.json", "[]"))+"\nb.test file://{v.json}\n")
	values := write("values.json", `{"v.json":"{}","":["v.json"]}`)
	for _, c := range []struct {
		args      []string
		code      int
		out, errs string
	}{
		{[]string{"rules", "check", good}, exitOK, "2 rules, 1 of them on\n", ""},
		{[]string{"rules", "check", good, "-strict"}, exitOK, "2 rules, 1 of them on\n", ""},
		{[]string{"rules", "check", write("one.toml", "[[rule]]\nblock = '403'\n")}, exitOK, "1 rule, 1 of them on\n", ""},
		{[]string{"rules", "check", files}, exitOK, "2 rules, 2 of them on\n",
			"files.toml:5: the file lacking.json cannot be used: no such file or directory\n"},
		{[]string{"rules", "check", "-strict", files}, exitError, "", "1 file or folder that a rule names cannot be used\n"},
		{[]string{"rules", "check", bad}, exitError, "", "bad.toml:3: block is one of"},
		{[]string{"rules", "check", filepath.Join(dir, "none")}, exitError, "", "none"},
		{[]string{"rules", "import", whistle}, exitOK, "[[rule]]\nname = 'a.test statusCode://404'\n",
			"line 2: lonely: the line cannot be understood\n"},
		{[]string{"rules", "import", filepath.Join(dir, "overrides")}, exitError, "", "-files"},
		{[]string{"rules", "import", "-files", dir, filepath.Join(dir, "overrides")}, exitOK, "answers/a.test-x.js", "1 on"},
		{[]string{"rules", "import", local}, exitOK, "off = true", "whistle: 0 on, 2 off, 0 not understood"},
		{[]string{"rules", "import", "-values", values, local}, exitOK, "answer = {text = '{}'", "whistle: 1 on, 1 off"},
		{[]string{"rules", "import", "-copy", local}, exitError, "", "-files"},
		{[]string{"rules", "import", "-copy", "-files", dir, local}, exitOK, "answers/users.json", "whistle: 1 on, 1 off"},
		{[]string{"rules", "import", "-values", good, local}, exitError, "", "no rules of whistle"},
		{[]string{"rules", "import", local, "-values", values}, exitOK, "answer = {text = '{}'", "whistle: 1 on, 1 off"},
		{[]string{"rules", "import", local, "-value", values}, exitUsage, "", "-value\n"},
		{[]string{"rules", "import", good}, exitOK, goodText, "rules of Posthouse: 1 on, 1 off, 0 not understood\n"},
		{[]string{"rules", "import", write("broken.json", "{\"a\":")}, exitError, "", "its JSON cannot be read: unexpected end"},
		{[]string{"rules", "-h"}, exitOK, "", "-files"},
		{[]string{"rules"}, exitUsage, "", "Usage"}, {[]string{"rules", "run", good}, exitUsage, "", "check or import"},
		{[]string{"rules", "check", "-h"}, exitOK, "", "Usage"},
	} {
		var out, errs bytes.Buffer
		code := run(c.args, &out, &errs)
		if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.errs) {
			t.Errorf("%q: %d\n%s\n%s", c.args, code, out.String(), errs.String())
		}
	}
	if body, err := os.ReadFile(filepath.Join(dir, "answers", "users.json")); string(body) != "[]" {
		t.Error(err)
	}
	if body, err := os.ReadFile(filepath.Join(dir, "answers", "a.test-x.js")); string(body) != "1" {
		t.Error(err)
	}
}

// -rules names another file: its rules are followed, it is read again when it changes, and with a
// mistake in it the last good ones stay in force.
func TestRulesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my-rules.toml")
	write := func(text string) {
		t.Helper()
		if err := atomicfile.Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write("[[rule]]\nwhen = 'path:/a'\nanswer.text = 'of the first'\n")
	o := origin(t)
	d := start(t, 1, "-listen", "127.0.0.1:0", "-rules", path)
	c := d.client()
	if got := get(t, c, o.URL+"/a"); got != "of the first" {
		t.Errorf("got %q", got)
	}
	if got := get(t, c, o.URL+"/b"); got != "answer to /b" {
		t.Errorf("got %q", got)
	}
	var line struct {
		Rules string `json:"rules"`
	}
	for want := range 2 { // the first has rules, the other none
		text, err := d.stdout.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line.Rules = ""; json.Unmarshal(text, &line) != nil || line.Rules != [...]string{"applied,answered", ""}[want] {
			t.Errorf("%s", text)
		}
	}
	write("[[rule]]\nwhen = 'path:/a'\nanswer.text = 'of the second'\n")
	if !eventually.Wait(deadline, func() bool { return get(t, c, o.URL+"/a") == "of the second" }) {
		t.Error("the rules are not read again")
	}
	write("[[rule]]\nwhen = 'path:/a'\nanswer.text = 'of the third'\n[[rule]]\nblock = 'never'\n")
	told, err := d.stderr.ReadString('\n')
	if err != nil || !strings.Contains(told, "my-rules.toml:5") || !strings.Contains(told, "block is one of") {
		t.Errorf("it says %q, %v", told, err)
	}
	if got := get(t, c, o.URL+"/a"); got != "of the second" {
		t.Errorf("got %q", got)
	}
}
