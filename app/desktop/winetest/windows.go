//go:build linux

package winetest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Keys of the registry that tests look at.
const (
	InternetSettings = `HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings`
	RunKey           = `HKCU\Software\Microsoft\Windows\CurrentVersion\Run`
)

const (
	commandLimit = 2 * time.Minute  // for a fresh prefix, on a busy machine
	settleLimit  = 15 * time.Second // for what runs to end; a test's own program may run on
	outputLimit  = 20 * time.Second // for what a command left running to close its output
	compiler     = "x86_64-w64-mingw32-gcc"
)

// prngStub is what Go needs of Windows and Wines before 9 lack.
const prngStub = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) { return SystemFunction036(p, (ULONG)n); }
`

// Windows is a Wine prefix with its processes.
type Windows struct {
	Prefix string   // the folder
	Env    []string // what a program in it needs; not to be changed once something runs

	t *testing.T
}

// Missing says what a Windows cannot be made without here; empty: nothing.
func Missing() string {
	for _, tool := range []string{"wine", "wineserver"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "no " + tool + ": Windows is tested where Wine is installed"
		}
	}
	return ""
}

// New makes a Windows below the folder home, whose programs have env besides
// what Wine needs. All that runs in it is ended with the test.
func New(t *testing.T, home string, env ...string) *Windows {
	t.Helper()
	if why := Missing(); why != "" {
		t.Skip(why)
	}
	w := &Windows{t: t, Prefix: filepath.Join(home, "prefix")}
	w.Env = append(append([]string{}, env...), "HOME="+home, "WINEPREFIX="+w.Prefix, "WINEARCH=win64", "WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree,mshtml=;winemenubuilder.exe=d")
	t.Cleanup(w.End)
	w.Run("wine", "wineboot", "-i")
	w.Run("wineserver", "-w")
	system := filepath.Join(w.Prefix, "drive_c/windows/system32")
	if _, err := os.Stat(filepath.Join(system, "bcryptprimitives.dll")); err == nil {
		return w
	}
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skip("this Wine lacks bcryptprimitives.dll, and " + compiler + ", which could make one, is missing")
	}
	source := filepath.Join(home, "prng.c")
	if err := os.WriteFile(source, []byte(prngStub), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Run(compiler, "-shared", "-o", filepath.Join(system, "bcryptprimitives.dll"), source, "-ladvapi32")
	return w
}

// For is the same Windows, as a test within the one that made it has it.
func (w *Windows) For(t *testing.T) *Windows {
	inner := *w
	inner.t = t
	return &inner
}

// End ends all that runs and waits until it has ended.
func (w *Windows) End() {
	_, _ = w.Try("wineserver", "-k") // of this prefix only
	_, _ = w.Try("wineserver", "-w")
}

// Settle waits a while until nothing runs.
func (w *Windows) Settle() { _, _ = w.try(settleLimit, "wineserver", "-w") }

// StartsNothing tells that Wine started no program, as it may while a session
// ends: it is asked again once the session has ended.
func StartsNothing(said string) bool {
	return strings.Contains(said, "ShellExecuteEx failed") || strings.Contains(said, "Application could not be started")
}

// Run runs a program to its end and returns what it wrote to its standard output.
func (w *Windows) Run(name string, args ...string) string {
	w.t.Helper()
	for range 3 {
		out, err := w.Try(name, args...)
		if err == nil {
			return out
		}
		if name != "wine" || !StartsNothing(err.Error()) {
			w.t.Fatal(err)
		}
		w.Settle()
	}
	w.t.Fatalf("%s %v: Wine starts no program", name, args)
	return ""
}

// Try is Run for what may fail; the error has all that was said.
func (w *Windows) Try(name string, args ...string) (string, error) {
	return w.try(commandLimit, name, args...)
}

func (w *Windows) try(within time.Duration, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.WaitDelay = w.Env, outputLimit
	var out, all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &all
	if err := cmd.Start(); err != nil {
		return "", err
	}
	limit := time.AfterFunc(within, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	err := cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) { // it ended well, and something it started lives on
		err = nil
	}
	all.Write(out.Bytes())
	if err == nil && name == "wine" && StartsNothing(all.String()) {
		err = errors.New("it was not started")
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, all.String())
	}
	return out.String(), err
}

// SetInternet changes a value of the Internet Settings, or of their connection, as
// another program does.
func (w *Windows) SetInternet(value, kind, data string) {
	w.t.Helper()
	key := InternetSettings
	if value == "DefaultConnectionSettings" {
		key += `\Connections`
	}
	w.Run("wine", "reg", "add", key, "/v", value, "/t", kind, "/d", data, "/f")
}

var counter = regexp.MustCompile(`(DefaultConnectionSettings\s+REG_BINARY\s+46000000)[0-9A-Fa-f]{8}`)

// Internet is all values of the two keys; only the count of changes is left out.
func (w *Windows) Internet() string {
	w.t.Helper()
	text := w.Run("wine", "reg", "query", InternetSettings)
	connections := ""
	if strings.Contains(text, `Internet Settings\Connections`) { // it lists its keys
		connections = w.Run("wine", "reg", "query", InternetSettings+`\Connections`)
	}
	return counter.ReplaceAllString(text+connections, "$1")
}
