package desktop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func crashAs(how, dir string) {
	c, err := CatchCrashes(dir, "1.2.3")
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	switch how {
	case "panic":
		panic(fmt.Errorf("secret in\n\ngoroutine 1 [secret]"))
	case "runtime":
		var list []int
		fmt.Println(list[len(os.Args)+5])
	case "killed":
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		select {}
	}
	c.Close()
}

func runAs(t *testing.T, how, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "DESKTOP_TEST_AS="+how, "DESKTOP_TEST_DIR="+dir)
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() == 3 {
		t.Fatal(string(out))
	}
	return string(out)
}

func reports(t *testing.T, dir string) []CrashReport {
	t.Helper()
	c, err := CatchCrashes(dir, "1.2.4")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	list, err := CrashReports(dir)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestACrashLeavesAReport(t *testing.T) {
	for how, c := range map[string]struct{ has, hasNot string }{
		"panic":   {"its text of", "secret"},
		"runtime": {"index out of range", "left out"},
	} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			if out := runAs(t, how, dir); !strings.Contains(out, "goroutine ") {
				t.Errorf("the screen was not told: %s", out)
			}
			list := reports(t, dir)
			if len(list) != 1 {
				t.Fatalf("%d reports", len(list))
			}
			info, err := os.Stat(list[0].Path)
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			text, err := os.ReadFile(list[0].Path)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"Posthouse 1.2.3\n", "crash_test.go", "goroutine 1 [running]", c.has} {
				if !strings.Contains(string(text), want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if strings.Contains(string(text), c.hasNot) {
				t.Errorf("%q in\n%s", c.hasNot, text)
			}
			if d := time.Since(list[0].Time); d < -time.Minute || d > time.Minute {
				t.Errorf("it died %v ago", d)
			}
			if seen, err := list[0].Dismiss(); err != nil || !strings.Contains(seen.Path, crashSeen) {
				t.Fatal(err)
			}
			if list := reports(t, dir); len(list) != 0 {
				t.Errorf("after dismissal: %v", list)
			}
		})
	}
}

func TestNoCrashNoReport(t *testing.T) {
	dir := t.TempDir()
	runAs(t, "killed", dir)
	runAs(t, "peace", dir)
	if list := reports(t, dir); len(list) != 0 {
		t.Errorf("reports %v", list)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("files left: %v", left)
	}
}

func TestOldReportsMakeRoom(t *testing.T) {
	dir := t.TempDir()
	for range maxCrashes + 3 {
		runAs(t, "panic", dir)
		reports(t, dir)
	}
	if names := crashNames(dir); len(names) != maxCrashes {
		t.Errorf("%d reports are kept, want %d", len(names), maxCrashes)
	}
}

func TestAReportIsBounded(t *testing.T) {
	dir := t.TempDir()
	text := "Posthouse 1\n\npanic: x\n\ngoroutine 1 [running]:\n" + strings.Repeat("main.f(0x1)\n", maxCrash/8)
	if err := os.WriteFile(filepath.Join(dir, "crash-1.pending"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list := reports(t, dir)
	if len(list) != 1 {
		t.Fatal(list)
	}
	if info, err := os.Stat(list[0].Path); err != nil || info.Size() > maxCrash+200 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
}
