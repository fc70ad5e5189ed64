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
		"off": {must(SetOff([]byte(written), 0, true)), strings.Replace(written, "[[rule]]\nname", "[[rule]]\noff = true\nname", 1)},
		"on":  {must(SetOff([]byte(written), 1, false)), strings.Replace(written, "off = true\n", "", 1)},
		"replaced": {must(ReplaceBlock([]byte(written), 1, []byte("[[rule]]\nblock = \"403\""))),
			written[:strings.Index(written, "[[rule]]\noff")] + "[[rule]]\nblock = \"403\"\n"},
		"removed": {must(ReplaceBlock([]byte(written), 0, nil)), "# My rules\n\n" + written[strings.Index(written, "[[rule]]\noff"):]},
		"moved": {must(Move([]byte(written), 1, 0)), "# My rules\n\n" + written[strings.Index(written, "[[rule]]\noff"):] +
			written[strings.Index(written, "# the users"):strings.Index(written, "[[rule]]\noff")]},
		"appended": {must(Append([]byte(written), []byte("[[rule]]\nblock = \"403\""))), written + "\n[[rule]]\nblock = \"403\"\n"},
		"first":    {must(Append(nil, []byte("[[rule]]\nblock = \"403\""))), "[[rule]]\nblock = \"403\"\n"},
	} {
		if c.got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", what, c.got, c.want)
		}
	}
	if _, err := SetOff([]byte("[[rule]]\nanswer.text = '''\n[[rule]]\n'''\n"), 0, true); err != ErrNotAlone {
		t.Error(err)
	}
}
