package export_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/export"
	"posthouse/proxy/shellquote"
	"posthouse/proxy/shellquote/shelltest"
)

// runner runs a command as its shell would.
type runner struct {
	name  string
	shell export.Shell
	do    func(t *testing.T, text string)
	typed bool // byte by byte: long commands take too long
}

// runners are the real shells that are here, and what cmd.exe and PowerShell are
// documented to do, each with the real curl.
func runners(t *testing.T) []runner {
	t.Helper()
	var all []runner
	seen := map[string]bool{}
	for _, name := range []string{"sh", "dash", "bash", "zsh", "ksh", "busybox", "fish"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if real, err := filepath.EvalSymlinks(path); err != nil || seen[real] {
			continue // sh is another one's second name
		} else {
			seen[real] = true
		}
		var args []string
		if name == "busybox" {
			args = []string{"sh"}
		}
		all = append(all, runner{name, export.Sh, func(t *testing.T, text string) {
			file := filepath.Join(t.TempDir(), "command") // as its own word it would be too long
			if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			quiet(t, "", name, append(args, file)...)
		}, false})
	}
	if slices.ContainsFunc(all, func(r runner) bool { return r.name == "bash" }) {
		all = append(all, runner{"bash, at its prompt", export.Sh, func(t *testing.T, text string) {
			// !x recalls a command there; each line is read by itself
			quiet(t, "set -o histexpand; history -s 'touch recalled'\n"+text+"\n", "bash", "--norc", "--noprofile", "-i")
		}, true})
	}
	return append(all,
		runner{"cmd.exe", export.Cmd, func(t *testing.T, text string) {
			words, err := shelltest.Cmd(text)
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			quiet(t, "", words[0], words[1:]...)
		}, false},
		runner{"PowerShell", export.PowerShell, func(t *testing.T, text string) { runPowerShell(t, text, "\n") }, false},
		runner{"PowerShell, CR LF", export.PowerShell, func(t *testing.T, text string) { runPowerShell(t, text, "\r\n") }, false})
}

var (
	powerShellForm = regexp.MustCompile(`(?s)\A& { \$OutputEncoding = \[Text\.Encoding\]::ASCII\n` +
		`(?:\$body = \[IO\.Path\]::GetTempFileName\(\)\n` +
		`\[IO\.File\]::WriteAllBytes\(\$body, \[Convert\]::FromBase64String\('([A-Za-z0-9+/=\n]*)'\)\)\n)?(@'\n.*)\z`)
	powerShellEnd = map[bool]string{false: " | curl.exe -K - }",
		true: " | curl.exe -K - --data-binary \"@$body\"\nRemove-Item -LiteralPath $body }"}
)

// runPowerShell takes a command apart by PowerShell's rules for here-strings, in
// which nothing but a line that begins with '@ means anything.
func runPowerShell(t *testing.T, text, lineEnd string) {
	t.Helper()
	form := powerShellForm.FindStringSubmatch(text)
	if form == nil {
		t.Fatalf("%.300s", text)
	}
	config, rest, err := shelltest.HereString(form[2])
	packed := strings.Contains(text, "$body = ")
	if err != nil || rest != powerShellEnd[packed] {
		t.Fatalf("%v: %q", err, rest)
	}
	args := []string{"-K", "-"}
	if packed {
		body, err := base64.StdEncoding.DecodeString(form[1])
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "body")
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--data-binary", "@"+file)
	}
	quiet(t, strings.ReplaceAll(config, "\n", lineEnd)+lineEnd, "curl", args...)
}

// checkText holds for every command, whatever was captured: a terminal shows it
// and does nothing.
func checkText(t *testing.T, text string, s export.Shell) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if !shellquote.Safe(line) || s != export.Sh && !shellquote.ASCII(line) {
			t.Errorf("%q cannot be pasted", line)
		}
		if s == export.Sh && len(line) > 1000 { // 1,024 on macOS
			t.Errorf("a terminal without line editing drops the end of %.100q, which has %d bytes", line, len(line))
		}
		if s == export.PowerShell && strings.Contains(line, "'@") && !strings.HasPrefix(line, "'@ | curl.exe ") {
			t.Errorf("the here-string ends where a console breaks %.300q", line)
		}
	}
	if s == export.Cmd && (strings.Contains(text, "\n") || len(text) > 8191) {
		t.Errorf("%d characters: %.300q", len(text), text)
	}
}
