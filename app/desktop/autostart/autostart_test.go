package autostart

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestExecQuote(t *testing.T) {
	for word, want := range map[string]string{
		"/usr/bin/posthouse": "/usr/bin/posthouse",
		"/home/a b/p":        `"/home/a b/p"`,
		"/50%/p":             "/50%%/p",
		`/a"b$c` + "`d\\":    `"/a\\"b\\$c` + "\\\\`d" + `\\\\"`,
		"":                   `""`,
		"-hidden":            "-hidden",
	} {
		if got := execQuote(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

func TestRunLine(t *testing.T) {
	for units, word := range map[int]string{260: strings.Repeat("a", 252), 259: strings.Repeat("驿", 251), 261: strings.Repeat("a", 253),
		262: strings.Repeat("😀", 127)} {
		line, err := runLine([]string{word, "-hidden"})
		if units <= 260 && (err != nil || line != word+" -hidden") || units > 260 && !errors.Is(err, ErrTooLong) {
			t.Errorf("%d units: %q, %v", units, line, err)
		}
	}
}

func TestLaunchAgent(t *testing.T) {
	text := Entry{ID: "a.b", Args: []string{"-hidden"}}.launchAgent("/Applications/A & <B>.app/x")
	for _, want := range []string{"<string>/Applications/A &amp; &lt;B&gt;.app/x</string>", "<string>-hidden</string>",
		"<key>RunAtLoad</key>\n\t<true/>"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// The entry as this system has it, where it lies in files.
func TestAutostart(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	if os.PathSeparator == '\\' {
		t.Skip("the registry is not to be written in a test; the one under Wine does")
	}
	a := Entry{ID: "a.b.C", Name: "C", Program: "/opt/old place/posthouse", Args: []string{"-hidden"}}
	enabled := func(want bool) {
		t.Helper()
		if on, err := a.Enabled(); on != want || err != nil {
			t.Fatalf("enabled %v, %v; want %v", on, err, want)
		}
	}
	enabled(false)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.Follow())
	enabled(false) // what is off stays off
	must(a.Enable())
	enabled(true)
	a.Program = "/opt/new/posthouse"
	must(a.Follow())
	paths, _ := filepath.Glob(filepath.Join(home, "*", "*", "a.b.C.*"))
	if len(paths) != 1 {
		t.Fatalf("entries %v", paths)
	}
	text, err := os.ReadFile(paths[0])
	must(err)
	if !strings.Contains(string(text), "/opt/new/posthouse") || strings.Contains(string(text), "old") {
		t.Errorf("it did not follow:\n%s", text)
	}
	if tool, err := exec.LookPath("desktop-file-validate"); err == nil {
		if out, err := exec.Command(tool, paths[0]).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	}
	must(a.Disable())
	must(a.Disable())
	enabled(false)
	if _, err := os.Stat(paths[0]); err == nil {
		t.Error("the entry is still there")
	}
}

func TestAnEntrySwitchedOffByTheDesktopIsOff(t *testing.T) {
	entry := Entry{Name: "C"}.desktopEntry("/usr/bin/posthouse")
	if desktopEntryOff(entry) {
		t.Error("a fresh entry is off")
	}
	for _, text := range []string{entry + "Hidden=true\n", strings.Replace(entry, "enabled=true", "enabled=false", 1),
		entry + " Hidden = True\n"} {
		if !desktopEntryOff(text) {
			t.Errorf("it is not off:\n%s", text)
		}
	}
}

func TestAProgramThatDoesNotStayIsNotStarted(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
	t.Setenv("TMP", filepath.Join(dir, "tmp"))
	for program, unfit := range map[string]bool{
		filepath.Join(dir, "tmp", "posthouse"):            true,
		filepath.Join(dir, "go-build1", "exe", "p"):       true,
		filepath.Join(dir, "tmp-not", "posthouse"):        false,
		filepath.Join(dir, "..tmp", "posthouse"):          false,
		filepath.Join(dir, "opt", "posthouse", "p h"):     false,
		filepath.Join(dir, "tmp", ".mount_P", "usr", "p"): true,
	} {
		var bad *UnfitError
		if err := (Entry{Program: program}).Unfit(); errors.As(err, &bad) != unfit {
			t.Errorf("%s: %v", program, err)
		}
	}
}
