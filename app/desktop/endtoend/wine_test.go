//go:build linux

package endtoend

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/app/desktop/winetest"
)

// wine is a Windows of the test's own, with the resident.
type wine struct {
	*winetest.Windows
	t    *testing.T
	home string
	exe  string
}

func newWine(t *testing.T) *wine {
	t.Helper()
	home := t.TempDir()
	w := &wine{t: t, home: home, exe: filepath.Join(home, "resident.exe")}
	w.Windows = winetest.New(t, home, append(os.Environ(), "DISPLAY=",
		`XDG_STATE_HOME=Z:`+strings.ReplaceAll(filepath.Join(home, "state"), "/", `\`))...)
	build := exec.Command("go", "build", "-buildvcs=false", "-o", w.exe, "./resident")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// Windows without a screen: there is one that is told of the end of the session.
	w.Run("wine", "reg", "add", `HKCU\Software\Wine\Drivers`, "/v", "Graphics", "/d", "null", "/f")
	w.Settle()
	return w
}

// in is the same for a test within.
func (w *wine) in(t *testing.T) *wine {
	return &wine{Windows: w.For(t), t: t, home: w.home, exe: w.exe}
}

func (w *wine) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// connectionValue is the binary value that Windows keeps beside the others; the
// four bytes after the first four count the changes.
func connectionValue(flags byte, texts ...string) string {
	b := []byte{0x46, 0, 0, 0, 7, 0, 0, 0, flags, 0, 0, 0}
	for _, s := range texts {
		b = append(append(b, byte(len(s)), 0, 0, 0), s...)
	}
	return hex.EncodeToString(append(b, make([]byte, 32)...))
}

func (w *wine) set(before string) {
	w.t.Helper()
	switch before {
	case "none":
		w.SetInternet("ProxyEnable", "REG_DWORD", "0")
	case "manual":
		w.SetInternet("ProxyEnable", "REG_DWORD", "1")
		w.SetInternet("ProxyServer", "REG_SZ", "10.1.1.1:3128")
		w.SetInternet("ProxyOverride", "REG_SZ", "*.corp;<local>")
		w.SetInternet("DefaultConnectionSettings", "REG_BINARY", connectionValue(3, "10.1.1.1:3128", "*.corp;<local>", ""))
	case "pac":
		w.SetInternet("ProxyEnable", "REG_DWORD", "0")
		w.Run("wine", "reg", "delete", winetest.InternetSettings, "/v", "ProxyServer", "/f")
		w.Run("wine", "reg", "delete", winetest.InternetSettings, "/v", "ProxyOverride", "/f")
		w.SetInternet("AutoConfigURL", "REG_SZ", "http://pac.corp/x.pac")
		w.SetInternet("AutoDetect", "REG_DWORD", "1")
		w.SetInternet("DefaultConnectionSettings", "REG_BINARY", connectionValue(13, "", "", "http://pac.corp/x.pac"))
	}
}

// program is the resident under Wine.
type program struct {
	*resident
	wine *wine
}

func (w *wine) start() *program {
	w.t.Helper()
	return w.startBy("wine", w.exe)
}

func (w *wine) startBy(name string, args ...string) *program {
	w.t.Helper()
	for range 3 {
		p, got := w.begin(name, args...)
		if got == "started" {
			return p
		}
		if !winetest.StartsNothing(got) {
			w.t.Fatalf("start: %q", got)
		}
		w.Settle()
	}
	w.t.Fatalf("%s %v: Wine starts no program", name, args)
	return nil
}

// begin starts the resident and returns the first thing it says.
func (w *wine) begin(name string, args ...string) (*program, string) {
	w.t.Helper()
	r := &resident{w: &world{t: w.t}, cmd: exec.Command(name, args...)}
	r.cmd.Env = w.Env
	in, out, err := os.Pipe()
	w.must(err)
	r.cmd.Stdin, r.in = in, out
	stdout, err := r.cmd.StdoutPipe()
	w.must(err)
	r.out = bufio.NewReader(stdout)
	w.must(r.cmd.Start())
	w.must(in.Close())
	w.t.Cleanup(func() {
		_ = r.in.Close()
		if r.cmd.ProcessState == nil {
			_ = r.cmd.Process.Kill()
			_ = r.cmd.Wait()
		}
	})
	return &program{r, w}, r.answer()
}

func (p *program) kill() time.Time {
	start := time.Now()
	p.signal(syscall.SIGKILL)
	p.wait()
	return start
}

// killUnnoticed ends both so that neither can do anything about it.
func (w *wine) killUnnoticed(p *program) {
	w.t.Helper()
	watchdog := p.watchdog()
	p.signal(syscall.SIGSTOP)
	w.Run("wine", "taskkill", "/F", "/PID", fmt.Sprint(watchdog))
	p.kill()
	if now := w.Internet(); !strings.Contains(now, "9876") {
		w.t.Fatalf("both are dead, and yet the settings changed to\n%s", now)
	}
}

func (w *wine) killBoth(p *program) time.Time {
	w.t.Helper()
	w.killUnnoticed(p)
	start := time.Now()
	again := w.start()
	byOrder("quit")(again.w, again.resident)
	return start
}

func (p *program) killWatchdog() {
	p.wine.t.Helper()
	p.wine.Run("wine", "taskkill", "/F", "/PID", fmt.Sprint(p.watchdog()))
}

var wineEndings = []struct {
	name string
	do   func(w *wine, p *program) time.Time
}{
	{"stop", func(_ *wine, p *program) time.Time {
		start := time.Now()
		p.ask("disable", "disabled")
		return start
	}},
	{"quit", func(_ *wine, p *program) time.Time { return byOrder("quit")(p.w, p.resident) }},
	{"SIGKILL of the app", func(_ *wine, p *program) time.Time { return p.kill() }},
	{"SIGKILL of the watchdog, then of the app", func(_ *wine, p *program) time.Time {
		old := p.watchdog()
		p.killWatchdog()
		p.w.await("another watchdog", deadline, func() bool { now := p.watchdog(); return now != 0 && now != old })
		return p.kill()
	}},
	{"SIGKILL of both, then restart", (*wine).killBoth},
	{"the power fails, then login", func(w *wine, p *program) time.Time {
		w.killUnnoticed(p)
		out := w.Run("wine", "reg", "query", winetest.RunKey, "/v", "Posthouse network repair")
		_, line, ok := strings.Cut(out, "REG_SZ")
		if words := strings.Fields(line); !ok || len(words) != 3 {
			w.t.Fatalf("the entry is %q", out)
		}
		start := time.Now()
		w.Run("wine", strings.Fields(line)...)
		return start
	}},
	{"SIGKILL of both, then -restore-network", func(w *wine, p *program) time.Time {
		w.killUnnoticed(p)
		start := time.Now()
		if out := w.Run("wine", w.exe, "-restore-network"); !strings.Contains(out, "restored ") {
			w.t.Errorf("it said %q", out)
		}
		return start
	}},
	{"journal half written, SIGKILL of both, then restart", func(w *wine, p *program) time.Time {
		journal := filepath.Join(w.home, "state/posthouse/system-proxy.journal")
		text, err := os.ReadFile(journal)
		w.must(err)
		w.must(os.WriteFile(journal, text[:len(text)/2], 0o600))
		return w.killBoth(p)
	}},
	{"switched on twice, another port, SIGKILL", func(_ *wine, p *program) time.Time {
		p.ask("enable 127.0.0.1:9877", "enabled")
		return p.kill()
	}},
	{"panic", func(_ *wine, p *program) time.Time { return byOrder("panic")(p.w, p.resident) }},
	{"exit without a word (the display is gone)", func(_ *wine, p *program) time.Time { return byOrder("exit")(p.w, p.resident) }},
	{"quick toggles", func(_ *wine, p *program) time.Time {
		p.ask("toggle "+addr, "toggled")
		return time.Now()
	}},
	{"end of the session", func(w *wine, p *program) time.Time {
		start := time.Now()
		w.Run("wine", "wineboot", "--end-session")
		return start
	}},
}

// TestEndingsUnderWine is the matrix on the Windows registry.
func TestEndingsUnderWine(t *testing.T) {
	if testing.Short() {
		t.Skip("a fresh Wine takes its time")
	}
	w := newWine(t)
	for _, before := range befores {
		w.set(before)
		for _, e := range wineEndings {
			t.Run(e.name+"/"+before, func(t *testing.T) {
				w := w.in(t)
				want := w.Internet()
				p := w.start()
				p.ask("enable "+addr, "enabled")
				if on := w.Internet(); !strings.Contains(on, addr) {
					t.Fatalf("nothing was switched on:\n%s", on)
				}
				result(e.name, "windows", w.restored(want, e.do(w, p)))
				_ = p.in.Close()
			})
		}
	}
	t.Run("proxy taken by someone else", w.testTaken)
	t.Run("another key changed by someone else", w.testAnotherKey)
	t.Run("disk full at journal time", w.testDiskFull)
	t.Run("random toggles and kills", w.testRandom)
	t.Run("start at login", w.testAutostart)
	t.Run("a script that is remembered", w.testRememberedScript)
	t.Run("the watchdog is no child", w.testNoChild)
}

// restored waits until the registry is what it was. The time that it returns has
// the look itself in it, which is a good part.
func (w *wine) restored(want string, since time.Time) time.Duration {
	w.t.Helper()
	return w.restoredBut("", want, since)
}

// restoredBut compares without the lines that have a text in them.
func (w *wine) restoredBut(not, want string, since time.Time) time.Duration {
	w.t.Helper()
	want = without(not, want)
	for {
		begun := time.Since(since)
		now := without(not, w.Internet())
		if now == want {
			return time.Since(since)
		}
		if begun > 2*limit {
			w.t.Fatalf("after %v the registry is\n%s\nwant\n%s", begun, now, want)
		}
	}
}

func without(not, text string) string {
	if not == "" {
		return text
	}
	return regexp.MustCompile(`(?m)^.*`+not+`.*$`).ReplaceAllString(text, "")
}
