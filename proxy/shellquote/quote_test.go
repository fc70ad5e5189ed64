package shellquote_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/shellquote"
	"posthouse/proxy/shellquote/shelltest"
)

// words mean something to one shell or another.
var words = []string{
	"", "plain", "a b", "it's", `"`, `\`, `\\`, `a\`, `a\"`, `\\"b\\`, `a\'b`, "$HOME", "$(id)", "`id`", "!!", "a!b", "%PATH%",
	"%PATH:~0,3%", "%%OS%%", "100%", "%", "%20%A%",
	"^", "^^", "^%A^%", "&calc&", "a|b", "<a>b", "(a)", "a;b", "#a", "~", "*", "?", "[a]", "{a,b}", "=ls", "@x", "-x", "--", "a=b", "'@",
	`\n\0101`, "[fe80::1%$(id)]:80", `C:\a b\`, "%1", "%*",
}

// beyond are words that cmd.exe and arguments in PowerShell are not given.
var beyond = []string{"中文", "é", "‘x’‚‛", "\u3000"}

func TestPOSIXAndFish(t *testing.T) {
	all := append(slices.Clone(words), beyond...)
	for _, quote := range []struct {
		of     func(string) string
		shells []string
	}{{shellquote.POSIX, []string{"sh", "dash", "bash", "zsh", "ksh", "fish"}}, {shellquote.Fish, []string{"fish"}}} {
		var line strings.Builder
		line.WriteString("printf '%s\\n'")
		for _, w := range all {
			line.WriteString(" " + quote.of(w))
		}
		for _, name := range quote.shells {
			if path, err := exec.LookPath(name); err == nil {
				same(t, name, run(t, path, line.String()), all)
			}
		}
	}
	for _, w := range all {
		if got, err := shelltest.POSIX(shellquote.POSIX(w)); err != nil || len(got) != 1 || got[0] != w {
			t.Errorf("%q: %q, %v", w, got, err)
		}
	}
}

// printf makes what no terminal may be shown.
func TestPrintf(t *testing.T) {
	all := append(append(slices.Clone(words), beyond...), "\x1b]0;x\x07", "a\tb\rc\x7f", "\u009b\u0085\u202e\u2028", "caf\xe9",
		"\xff\x81\x88", "!'\\'!", "%s%d\\c")
	var line strings.Builder
	line.WriteString("printf '%s\\n'")
	for _, w := range all {
		made := shellquote.Printf([]byte(w))
		if !shellquote.Safe(made) {
			t.Errorf("%q", made)
		}
		line.WriteString(" " + made)
	}
	for _, name := range []string{"sh", "dash", "bash", "zsh", "ksh", "fish"} {
		if path, err := exec.LookPath(name); err == nil {
			same(t, name, run(t, path, line.String()), all)
		}
	}
}

func TestCmd(t *testing.T) {
	line := "program"
	for _, w := range words {
		line += " " + shellquote.Cmd(w)
	}
	got, err := shelltest.Cmd(line)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "cmd.exe", got, append([]string{"program"}, words...))
}

// What a test takes cmd.exe for runs what others quote as for a POSIX shell.
func TestCmdReaderKnowsHarm(t *testing.T) {
	for _, line := range []string{`curl 'a&calc&b'`, `curl "a" & b`, "curl a\nb", `curl "a\" & calc & "`, "curl a ^"} {
		if got, err := shelltest.Cmd(line); err == nil {
			t.Errorf("%q: %q", line, got)
		}
	}
	for line, want := range map[string]string{`c "%PATH%"`: `C:\Windows & calc`, `c ^"^%OS:x=y^%^"`: "Windows_NT", `c "a\"b" `: `a"b`,
		`c %x%`: "%x%", `c "a""b"`: `a"b`} {
		if got, err := shelltest.Cmd(line); err != nil || len(got) != 2 || got[1] != want {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
}

func TestPowerShell(t *testing.T) {
	for _, w := range append(slices.Clone(words), beyond...) {
		got, rest, err := shelltest.String(shellquote.PowerShell(w) + "; calc")
		if err != nil || got != w || rest != "; calc" {
			t.Errorf("%q: %q, %q, %v", w, got, rest, err)
		}
	}
}

func TestSafe(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "a b~": true, "中文，é": true, "\u00a0\u3000": true, "👍🏽": true, "\t": false, "\n": false, "\r": false, "\x00": false,
		"\x1b": false, "\x7f": false,
		"\u0080": false, "\u0085": false, "\u009b": false, "\u200b": false, "\u200e": false, "\u200f": false, "\u2028": false,
		"\u2029": false, "\u202a": false, "\u202e": false,
		"\u2066": false, "\u2069": false, "\ufeff": false, "\xff": false, "\xc3": false, "\U000e0041": false,
	} {
		if got := shellquote.Safe(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func run(t *testing.T, shell, line string) []string {
	t.Helper()
	cmd := exec.Command(shell, "-c", line)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8",
		"LD_LIBRARY_PATH=" + os.Getenv("LD_LIBRARY_PATH")}
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", shell, err, out)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func same(t *testing.T, name string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d words of %d: %q", name, len(got), len(want), got)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: %q became %q", name, want[i], got[i])
		}
	}
}
