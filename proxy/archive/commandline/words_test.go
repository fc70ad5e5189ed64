package commandline

import (
	"os/exec"
	"strings"
	"testing"

	"posthouse/proxy/shellquote"
	"posthouse/proxy/shellquote/shelltest"
)

// Words are those of the shell itself.
func TestWordsAreTheShells(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, words := range []string{
		`a'b'"c"\d`, `"a\"b\$c\\d\e"`, `$'\a\b\e\f\n\r\t\v\\\'\"\x41\101\u00e9\U0001f600\cA\z'`, `'' "" $''`, "a\\\nb", "\"a\\\nb\"",
		`$"x"`, `a#b #c`, `"$(printf '%b' 'a\0101')"`, `\'`, `"'"`, `'"'`, `a=b`, `é"é"`,
	} {
		out, err := exec.Command(bash, "-c", "LC_ALL=C.UTF-8; printf '%s\\0' "+words).Output()
		if err != nil {
			t.Fatal(err)
		}
		all, err := splitSh("x " + words)
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		want := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		var got []string
		for _, w := range all[0].words[1:] {
			got = append(got, w.text)
		}
		if strings.Join(got, "\x00") != strings.Join(want, "\x00") {
			t.Errorf("%s: %q, and bash has %q", words, got, want)
		}
	}
}

// What is quoted for cmd.exe is read as another reader of its rules does.
func TestCmdWords(t *testing.T) {
	for _, text := range []string{"a", `a b`, `"`, `\"`, `a\\`, `%PATH%`, `50% & more | <x> (y) ^z`, `!`, `'`, `""`, ` `} {
		line := "curl " + shellquote.Cmd(text)
		want, err := shelltest.Cmd(line)
		if err != nil {
			t.Fatal(err)
		}
		all, err := splitCmd(line)
		if err != nil || len(all) != 1 || all[0].words[1].text != want[1] {
			t.Errorf("%s: %v, %v, want %q", line, all, err, want)
		}
	}
}

// FuzzParse reads any text in any shell; a request that comes of it is one.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"curl 'http://h/a?b' -H 'A: b' --data-raw $'x\\n' --compressed", "curl ^\"http://h^\" ^\r\n -d ^\"a^\"",
		"$s.UserAgent = \"x\"\niwr -Uri \"http://h\" -Headers @{ \"a\"=\"b\" } -Body \"`\"$([char]233)\"",
		"curl -d @- http://h <<E\nx\nE\n",
		"& { @'\nurl = \"http://h\"\nheader = \"a: b\"\n'@ | curl.exe -K - }", "printf '%b' '\\0101' | curl http://h --data-binary @-",
		"curl -F 'a=b;type=c' -F d=@e http://h -u a:b -G -r 1 --url-query x", "curl http://h -d \"$(printf 'a')\" 2>&1 &",
		"$a=@\"\nx\n\"@;curl $a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, shell := range []Shell{AnyShell, Sh, Cmd, PowerShell} {
			all, err := ParseAll(text, shell)
			if err != nil {
				if e, ok := err.(*Error); !ok || e.Offset > len(text) || e.Line < 1 || e.Column < 1 {
					t.Fatalf("%q: %#v", text, err)
				}
				continue
			}
			for _, r := range all {
				head := string(r.Head())
				if lines := strings.Count(head, "\n"); lines != len(r.Fields)+2 || strings.Count(head, "\r") != lines {
					t.Fatalf("%q makes the head %q", text, head)
				}
				if x := r.Exchange(1 << 20); x.Host == "" {
					t.Fatalf("%q makes %+v", text, x.Row)
				}
			}
		}
	})
}
