//go:build unix && !darwin

package launch

import (
	"crypto/x509"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posthouse/app/clients/internal/host/hosttest"
	"posthouse/app/clients/shellenv"
	"posthouse/proxy/ca"
	"posthouse/proxy/proxytest/eventually"
)

// told counts how often an end was told.
type told struct{ atomic.Int32 }

func (n *told) end() { n.Add(1) }

// variables point at an address that no other process of this computer names.
func variables(t *testing.T, proxy string) []shellenv.Variable {
	t.Helper()
	vars, err := shellenv.Variables(shellenv.Options{Proxy: proxy})
	if err != nil {
		t.Fatal(err)
	}
	return vars
}

// A terminal has ended when all that was started in it has, whether its window was its
// process or another's: also what goes on in the background.
func TestTheEndOfATerminalIsTold(t *testing.T) {
	for name, script := range map[string]string{
		"xterm": "#!/bin/sh\nexec \"$SHELL\"\n",
		// It hands over to a process with another environment, and ends.
		"gnome-terminal": "#!/bin/sh\nshift\nsetsid env -i PATH=\"$PATH\" \"$@\" > /dev/null 2>&1 &\n",
	} {
		t.Run(name, func(t *testing.T) {
			here := hosttest.New(t)
			pids, leave := here.At("/pids"), here.At("/leave")
			shell := here.Program("/shell", "#!/bin/sh\nsleep 60 > /dev/null 2>&1 &\necho $! > "+pids+".new\nmv "+pids+".new "+pids+
				"\nuntil [ -e "+leave+" ]; do sleep 0.05; done\n")
			here.Program("/usr/bin/"+name, script)
			t.Setenv("PATH", here.At("/usr/bin")+":/usr/bin:/bin")
			t.Setenv("TERMINAL", name)
			t.Setenv("SHELL", shell)
			l := New(Options{})
			defer l.Close()
			l.lookEvery = 50 * time.Millisecond
			var ended told
			if err := l.Terminal(variables(t, "127.7.7.7:"+strconv.Itoa(len(name))), ended.end); err != nil {
				t.Fatal(err)
			}
			eventually.Holds(t, "the shell runs", func() bool { return exists(pids) })
			text, err := os.ReadFile(pids)
			if err != nil {
				t.Fatal(err)
			}
			background := atoi(t, string(text))
			defer func() { _ = syscall.Kill(background, syscall.SIGKILL) }()
			stays(t, "with the shell open", &ended)
			if err := os.WriteFile(leave, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			stays(t, "with a program in the background", &ended)
			_ = syscall.Kill(background, syscall.SIGKILL)
			eventually.Holds(t, "the end is told", func() bool { return ended.Load() == 1 })
			l.Close()
			if ended.Load() != 1 || l.open != 0 {
				t.Errorf("the end was told %d times, and %d places are taken", ended.Load(), l.open)
			}
		})
	}
}

// stays fails if an end is told within twenty looks.
func stays(t *testing.T, what string, ended *told) {
	t.Helper()
	if eventually.Wait(time.Second, func() bool { return ended.Load() != 0 }) {
		t.Fatalf("its end was told %s", what)
	}
}

// A terminal that does not come, or does not stay, has ended; so have all when the
// launcher is closed.
func TestATerminalThatIsNotThereHasEnded(t *testing.T) {
	for name, script := range map[string]string{"none": "", "ends with an error": "#!/bin/sh\nexit 4\n",
		"opens nothing": "#!/bin/sh\nexit 0\n", "is open": "#!/bin/sh\nexec sleep 5\n"} {
		t.Run(name, func(t *testing.T) {
			here := hosttest.New(t)
			if script != "" {
				here.Program("/usr/bin/gnome-terminal", script)
			}
			t.Setenv("PATH", here.At("/usr/bin")+":/usr/bin:/bin")
			t.Setenv("TERMINAL", "gnome-terminal")
			if script == "" {
				t.Setenv("PATH", here.At("/usr/bin"))
			}
			l := New(Options{})
			defer l.Close()
			l.lookEvery = 20 * time.Millisecond
			var ended told
			err := l.Terminal(variables(t, "127.7.7.7:3"), ended.end)
			if (err != nil) != (name == "none" || name == "ends with an error") {
				t.Errorf("it is said: %v", err)
			}
			if name == "is open" {
				stays(t, "while it is open", &ended)
				l.Close()
			}
			eventually.Holds(t, "the end is told", func() bool { return ended.Load() == 1 })
		})
	}
}

// A browser's end is told once, however it comes.
func TestTheEndOfABrowserIsTold(t *testing.T) {
	for _, kind := range []string{"browser", "failing", "none", "one too many"} {
		t.Run(kind, func(t *testing.T) {
			l := New(Options{ProfilesDir: t.TempDir(), Env: []string{playing + "=" + kind}})
			path := os.Args[0]
			switch kind {
			case "none":
				path += "none"
			case "one too many":
				l.open = maxPrograms
			}
			var ended told
			err := l.Browse(Browser{Name: "Play", Path: path}, Way{Proxy: "127.0.0.1:1", Ended: ended.end})
			if (err == nil) != (kind == "browser") {
				t.Errorf("it is said: %v", err)
			}
			if kind == "browser" && ended.Load() != 0 {
				t.Error("an open browser has ended")
			}
			l.Close()
			if ended.Load() != 1 {
				t.Errorf("the end was told %d times", ended.Load())
			}
		})
	}
}

func anyCertificate(t *testing.T) *x509.Certificate {
	t.Helper()
	a, err := ca.Open(t.TempDir(), ca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a.Certificate()
}

// A browser that does not trust the CA begins with another page, not with a warning.
func TestTheFirstPageWithoutTrust(t *testing.T) {
	here := hosttest.New(t)
	t.Setenv("PATH", here.At("/usr/bin"))
	seen := here.At("/seen")
	firefox := here.Program("/firefox", "#!/bin/sh\nfor last; do :; done\necho \"$last\" > "+seen+"\n")
	l := New(Options{ProfilesDir: t.TempDir()})
	defer l.Close()
	for untrusted, want := range map[string]string{"http://posthouse/": "http://posthouse/\n", "": "https://posthouse/\n"} {
		err := l.Browse(Browser{Name: "Firefox", Family: Firefox, Path: firefox},
			Way{Proxy: "127.0.0.1:1", Certificate: anyCertificate(t), URL: "https://posthouse/", Untrusted: untrusted})
		if err != ErrUntrusted {
			t.Fatalf("it is said: %v", err)
		}
		if text, err := os.ReadFile(seen); err != nil || string(text) != want {
			t.Errorf("it begins with %q (%v), want %q", text, err, want)
		}
	}
}
