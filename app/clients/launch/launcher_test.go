//go:build unix && !darwin

package launch

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/app/clients/internal/host/hosttest"
	"posthouse/app/clients/shellenv"
	"posthouse/proxy/proxytest/eventually"
)

func folders(t *testing.T, parent string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(parent)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return entries
}

func TestCloseEndsBrowsersAndRemovesTheirFolders(t *testing.T) {
	for _, kind := range []string{"browser", "stubborn"} {
		t.Run(kind, func(t *testing.T) {
			parent := filepath.Join(t.TempDir(), "profiles")
			l := New(Options{ProfilesDir: parent, Env: []string{playing + "=" + kind}})
			if err := l.Browse(Browser{Name: "Play", Path: os.Args[0]}, Way{Proxy: "127.0.0.1:1"}); err != nil {
				t.Fatal(err)
			}
			open := folders(t, parent)
			if len(open) != 1 || !exists(filepath.Join(parent, open[0].Name(), "profile", "Cookies")) {
				t.Fatalf("the browser's folder is not there: %v", open)
			}
			if n := sweep(parent, time.Now().Add(time.Hour)); n != 0 {
				t.Error("a browser that runs lost its folder")
			}
			l.Close()
			if left := folders(t, parent); len(left) != 0 {
				t.Errorf("%v is left", left)
			}
			if err := l.Browse(Browser{Name: "Play", Path: os.Args[0]}, Way{Proxy: "127.0.0.1:1"}); err != ErrClosed {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

func TestABrowserThatCannotStartIsSaid(t *testing.T) {
	parent := t.TempDir()
	l := New(Options{ProfilesDir: parent, Env: []string{playing + "=failing"}})
	defer l.Close()
	var ended *EndedError
	err := l.Browse(Browser{Name: "Play", Path: os.Args[0]}, Way{Proxy: "127.0.0.1:1"})
	if !errors.As(err, &ended) || ended.Said != "Running as root is not supported" || ended.Name != "Play" {
		t.Errorf("it is said: %v", err)
	}
	if err := l.Browse(Browser{Name: "None", Path: filepath.Join(parent, "none")}, Way{Proxy: "127.0.0.1:1"}); err == nil {
		t.Error("a program that is not there is opened")
	}
	if left := folders(t, parent); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

// From a disk that is slow a browser takes longer to say that it cannot start than Browse waits.
func TestABrowserThatFailsSlowlyIsSaid(t *testing.T) {
	l := New(Options{ProfilesDir: t.TempDir(), Env: []string{playing + "=slowly failing"}})
	defer l.Close()
	failed := make(chan error, 1)
	way := Way{Proxy: "127.0.0.1:1", Failed: func(err error) { failed <- err }}
	if err := l.Browse(Browser{Name: "Play", Path: os.Args[0]}, way); err != nil {
		t.Fatal(err)
	}
	var ended *EndedError
	select {
	case err := <-failed:
		if !errors.As(err, &ended) || ended.Said != "Running as root is not supported" {
			t.Errorf("it is said: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing is said")
	}
}

func TestProgramsAreBounded(t *testing.T) {
	l := New(Options{ProfilesDir: t.TempDir()})
	defer l.Close()
	l.open = maxPrograms
	if err := l.Browse(Browser{Path: os.Args[0]}, Way{Proxy: "127.0.0.1:1"}); err != ErrTooMany {
		t.Errorf("one more is opened: %v", err)
	}
}

// A terminal gets the variables, and stays when the launcher is closed.
func TestATerminalGetsTheVariables(t *testing.T) {
	for _, name := range []string{"xterm", "konsole"} { // its own process, and one that hands over
		t.Run(name, func(t *testing.T) { testTerminal(t, name) })
	}
}

// testTerminal has a script play a terminal that runs the user's shell, or what
// follows -e without the environment that it was started with.
func testTerminal(t *testing.T, name string) {
	here := hosttest.New(t)
	dir := here.Root
	seen, pid := here.At("/seen"), here.At("/pid")
	shell := here.Program("/shell", "#!/bin/sh\nenv > "+seen+".new\nmv "+seen+".new "+seen+"\nexec sleep 60\n")
	here.Program("/usr/bin/"+name, "#!/bin/sh\necho $$ > "+pid+".new\nmv "+pid+".new "+pid+
		"\n[ $# = 0 ] && exec \"$SHELL\"\nshift\nexec env -i PATH=\"$PATH\" \"$@\"\n")
	t.Setenv("PATH", here.At("/usr/bin")+":/usr/bin:/bin")
	t.Setenv("TERMINAL", name)
	t.Setenv("SHELL", shell)
	vars, err := shellenv.Variables(shellenv.Options{Proxy: "127.0.0.1:9876", CA: dir + "/a b'$HOME.pem", Bundle: dir + "/bundle.pem"})
	if err != nil {
		t.Fatal(err)
	}
	l := New(Options{})
	if err := l.Terminal(vars, nil); err != nil {
		t.Fatal(err)
	}
	eventually.Holds(t, "the shell ran", func() bool { return exists(seen) })
	text, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vars {
		if !strings.Contains("\n"+string(text), "\n"+v.Name+"="+v.Value+"\n") {
			t.Errorf("%s is not set to %q", v.Name, v.Value)
		}
	}
	number, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	p := atoi(t, string(number))
	if err := syscall.Kill(p, 0); err != nil {
		t.Errorf("the terminal ended with the launcher: %v", err)
	}
	_ = syscall.Kill(p, syscall.SIGKILL)
	var status syscall.WaitStatus
	_, _ = syscall.Wait4(p, &status, 0, nil)
}

func TestATerminalThatCannotStartIsSaid(t *testing.T) {
	here := hosttest.New(t)
	here.Program("/usr/bin/xterm", "#!/bin/sh\nexit 4\n")
	t.Setenv("PATH", here.At("/usr/bin"))
	t.Setenv("TERMINAL", "")
	l := New(Options{})
	defer l.Close()
	var ended *EndedError
	if err := l.Terminal(nil, nil); !errors.As(err, &ended) || ended.Name != "xterm" || !strings.Contains(err.Error(), "exit status 4") {
		t.Errorf("it is said: %v", err)
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
