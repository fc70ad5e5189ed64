package rules

import (
	"strings"
	"testing"
)

const written = `# My rules

# the users
[[rule]]
name = "Users" # mine
answer.text = "[]"

[[rule]]
off = true
name = "Two"
block = "reset"
`

// TestEditsKeepAllElse: what is changed is one rule's lines.
func TestEditsKeepAllElse(t *testing.T) {
	must := func(text []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load("", text, ""); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return string(text)
	}
	for what, c := range map[string]struct{ got, want string }{
		"off": {must(SetOff([]byte(written), true, 0)), strings.Replace(written, "[[rule]]\nname", "[[rule]]\noff = true\nname", 1)},
		"on":  {must(SetOff([]byte(written), false, 1)), strings.Replace(written, "off = true\n", "", 1)},
		"replaced": {must(ReplaceBlock([]byte(written), 1, []byte("[[rule]]\nblock = \"403\""))),
			written[:strings.Index(written, "[[rule]]\noff")] + "[[rule]]\nblock = \"403\"\n"},
		"removed": {must(Remove([]byte(written), 0, 1)), "# My rules\n\n" + written[strings.Index(written, "[[rule]]\noff"):]},
		"moved": {must(Move([]byte(written), 1, 1, 0)), "# My rules\n\n" + written[strings.Index(written, "[[rule]]\noff"):] +
			written[strings.Index(written, "# the users"):strings.Index(written, "[[rule]]\noff")]},
		"appended": {must(Append([]byte(written), []byte("[[rule]]\nblock = \"403\""))), written + "\n[[rule]]\nblock = \"403\"\n"},
		"two off": {must(SetOff([]byte(written), true, 0, 1)), strings.Replace(written, "[[rule]]\nname", "[[rule]]\noff = true\nname",
			1)},
		"folder": {must(SetFolder([]byte(written), `a "b"`, 1)), strings.Replace(written, "[[rule]]\noff",
			"[[rule]]\nfolder = 'a \"b\"'\noff", 1)},
		"inserted": {must(Insert([]byte(written), 1, []byte("[[rule]]\nblock = \"403\""))),
			strings.Replace(written, "[[rule]]\noff", "[[rule]]\nblock = \"403\"\n\n[[rule]]\noff", 1)},
		"inserted behind": {must(Insert([]byte(written), 2, []byte("[[rule]]\nblock = \"403\""))), written +
			"\n[[rule]]\nblock = \"403\"\n"},
		"first": {must(Append(nil, []byte("[[rule]]\nblock = \"403\""))), "[[rule]]\nblock = \"403\"\n"},
	} {
		if c.got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", what, c.got, c.want)
		}
	}
	if _, err := SetOff([]byte("[[rule]]\nanswer.text = '''\n[[rule]]\n'''\n"), true, 0); err != ErrNotAlone {
		t.Error(err)
	}
}

// TestSwitchesTouchNoText: a line of a text that looks like a switch is no switch.
func TestSwitchesTouchNoText(t *testing.T) {
	for _, text := range []string{"[[rule]]\nanswer.text = '''\noff = true\n'''\n", "[[rule]]\nblock = 'reset'\n\"off\" = true\n"} {
		if out, err := SetOff([]byte(text), true, 0); err != ErrNotAlone {
			t.Errorf("%v\n%s", err, out)
		}
	}
	in := "[[rule]]\n[rule.answer]\ntext = 'a'\n\n[[rule]]\nfolder = 'x'\nblock = 'reset'\n"
	out, err := SetFolder([]byte(in), "", 0, 1)
	if err != nil || string(out) != strings.Replace(in, "folder = 'x'\n", "", 1) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := SetOff([]byte(in), true, 2); err != ErrNotAlone {
		t.Error(err)
	}
}

// TestMoveSome: rules that follow each other are moved together.
func TestMoveSome(t *testing.T) {
	in := ""
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		in += "[[rule]]\nname = '" + name + "'\nblock = 'reset'\n"
	}
	for _, c := range []struct {
		n, count, to int
		want         string
	}{{1, 2, 3, "adebc"}, {3, 2, 0, "deabc"}, {0, 5, 0, "abcde"}, {0, 1, 9, "bcdea"}} {
		out, err := Move([]byte(in), c.n, c.count, c.to)
		if err != nil {
			t.Fatal(err)
		}
		list, _ := Parse("", out)
		got := ""
		for i := range list {
			got += list[i].Name
		}
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestEditsOfOddFiles: a byte order mark at the begin, line ends of Windows and no end at all are no
// hindrance, and an error has its line.
func TestEditsOfOddFiles(t *testing.T) {
	for _, text := range []string{"\ufeff[[rule]]\nname = 'a'\nblock = '403'\n[[rule]]\nblock = '403'",
		"\ufeff# mine\r\n[[rule]]\r\nname = 'a'\r\nblock = '403'\r\n[[ rule ]] # two\r\nblock = '403'\r\n"} {
		off, err := SetOff([]byte(text), true, 0, 1)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		list, err := Parse("", off)
		if err != nil || len(list) != 2 || !list[0].Off || !list[1].Off || !strings.HasPrefix(string(off), "\ufeff") {
			t.Errorf("%q: %v", off, err)
		}
		if out, err := Remove([]byte(text), 0, 1); err != nil || strings.Contains(string(out), "'a'") {
			t.Errorf("%q: %v", out, err)
		}
		if out, err := Insert([]byte(text), 0, []byte("[[rule]]\nblock='reset'")); err != nil || !strings.HasPrefix(string(out), "\ufeff") {
			t.Errorf("%q: %v", out, err)
		}
	}
	_, err := Load("x", []byte("\ufeff[[rule]]\nblock = 'never'\n"), "")
	if file, is := err.(*FileError); !is || file.Line != 2 {
		t.Error(err)
	}
	for _, text := range []string{"[[rule]]\x00\nblock='403'", "rule = 3", "rule = [[]]", "[[rule]]\nblock=['403']",
		"[[rule]]\nthrottle={down=3}", "[[rule]]\nthrottle={up=-1}",
		"[[rule]]\nthrottle={latency=80}", "[[rule]]\ndelay={request=500}", "[presets]\na={down=3}",
		"[presets]\na={latency=80}", "[[rule]]\nrequest='x'", "[[rule.x]]", "[[rule]]\nblock='403'\nblock='403'",
		"\xff"} {
		if _, err := Load("x", []byte(text), ""); err == nil {
			t.Errorf("%q", text)
		}
	}
}
