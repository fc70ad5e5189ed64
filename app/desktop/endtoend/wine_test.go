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
)

const (
	runKey       = `HKCU\Software\Microsoft\Windows\CurrentVersion\Run`
	inetSettings = `HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings`
	wineLimit    = 2 * time.Minute // for a fresh prefix, on a busy machine
)

// prngStub is what Go needs of Windows and older Wines lack.
const prngStub = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) { return SystemFunction036(p, (ULONG)n); }
`

// wine is a Windows of the test's own.
type wine struct {
	t   *testing.T
	env []string
	exe string
}

func newWine(t *testing.T) *wine {
	t.Helper()
	for _, tool := range []string{"wine", "wineserver"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool + ": the Windows registry is tested where Wine is installed")
		}
	}
	home := t.TempDir()
	w := &wine{t: t, exe: filepath.Join(home, "resident.exe")}
	w.env = append(os.Environ(), "HOME="+home, "WINEPREFIX="+filepath.Join(home, "prefix"), "WINEARCH=win64", "WINEDEBUG=-all", "DISPLAY=",
		"WINEDLLOVERRIDES=mscoree,mshtml=;winemenubuilder.exe=d", `XDG_STATE_HOME=Z:`+strings.ReplaceAll(filepath.Join(home, "state"), "/", `\`))
	w.command("go", "build", "-buildvcs=false", "-o", w.exe, "./resident")
	t.Cleanup(func() {
		end := exec.Command("wineserver", "-k") // ends what runs in this prefix
		end.Env = w.env
		_ = end.Run()
		end = exec.Command("wineserver", "-w")
		end.Env = w.env
		_ = end.Run()
	})
	w.command("wine", "wineboot", "-i")
	// Windows without a screen: there is one that is told of the end of the session.
	w.command("wine", "reg", "add", `HKCU\Software\Wine\Drivers`, "/v", "Graphics", "/d", "null", "/f")
	w.command("wineserver", "-w")
	system := filepath.Join(home, "prefix/drive_c/windows/system32")
	if _, err := os.Stat(filepath.Join(system, "bcryptprimitives.dll")); err != nil {
		if _, err := exec.LookPath("x86_64-w64-mingw32-gcc"); err != nil {
			t.Skip("this Wine lacks bcryptprimitives.dll, and x86_64-w64-mingw32-gcc, which could make one, is missing")
		}
		source := filepath.Join(home, "prng.c")
		w.must(os.WriteFile(source, []byte(prngStub), 0o600))
		w.command("x86_64-w64-mingw32-gcc", "-shared", "-o", filepath.Join(system, "bcryptprimitives.dll"), source, "-ladvapi32")
	}
	return w
}

func (w *wine) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// startsNothing tells that Wine started no program, as it may while a session
// ends: it is asked again once the session has ended.
func startsNothing(said string) bool {
	return strings.Contains(said, "ShellExecuteEx failed") || strings.Contains(said, "Application could not be started")
}

// command runs a program.
func (w *wine) command(name string, args ...string) string {
	w.t.Helper()
	for range 3 {
		out, err := w.try(name, args...)
		if err == nil {
			return out
		}
		if name != "wine" || !startsNothing(out) {
			w.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		_, _ = w.try("wineserver", "-w")
	}
	w.t.Fatalf("%s %v: Wine starts no program", name, args)
	return ""
}

func (w *wine) try(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = w.env
	if name == "go" {
		cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	}
	limit := time.AfterFunc(wineLimit, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// reg changes the registry as another program does.
func (w *wine) reg(value, kind, data string) {
	w.t.Helper()
	key := inetSettings
	if value == "DefaultConnectionSettings" {
		key += `\Connections`
	}
	w.command("wine", "reg", "add", key, "/v", value, "/t", kind, "/d", data, "/f")
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
		w.reg("ProxyEnable", "REG_DWORD", "0")
	case "manual":
		w.reg("ProxyEnable", "REG_DWORD", "1")
		w.reg("ProxyServer", "REG_SZ", "10.1.1.1:3128")
		w.reg("ProxyOverride", "REG_SZ", "*.corp;<local>")
		w.reg("DefaultConnectionSettings", "REG_BINARY", connectionValue(3, "10.1.1.1:3128", "*.corp;<local>", ""))
	case "pac":
		w.reg("ProxyEnable", "REG_DWORD", "0")
		w.command("wine", "reg", "delete", inetSettings, "/v", "ProxyServer", "/f")
		w.command("wine", "reg", "delete", inetSettings, "/v", "ProxyOverride", "/f")
		w.reg("AutoConfigURL", "REG_SZ", "http://pac.corp/x.pac")
		w.reg("AutoDetect", "REG_DWORD", "1")
		w.reg("DefaultConnectionSettings", "REG_BINARY", connectionValue(13, "", "", "http://pac.corp/x.pac"))
	}
}

var counter = regexp.MustCompile(`(DefaultConnectionSettings\s+REG_BINARY\s+46000000)[0-9A-Fa-f]{8}`)

// picture is all values of the two keys; only the count of changes may differ.
func (w *wine) picture() string {
	w.t.Helper()
	text := w.command("wine", "reg", "query", inetSettings)
	connections := ""
	if strings.Contains(text, `Internet Settings\Connections`) { // it lists its keys
		connections = w.command("wine", "reg", "query", inetSettings+`\Connections`)
	}
	return counter.ReplaceAllString(text+connections, "$1")
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
		if !startsNothing(got) {
			w.t.Fatalf("start: %q", got)
		}
		_, _ = w.try("wineserver", "-w")
	}
	w.t.Fatalf("%s %v: Wine starts no program", name, args)
	return nil
}

// begin starts the resident and returns the first thing it says.
func (w *wine) begin(name string, args ...string) (*program, string) {
	w.t.Helper()
	r := &resident{w: &world{t: w.t}, cmd: exec.Command(name, args...)}
	r.cmd.Env = w.env
	in, out, err := os.Pipe()
	w.must(err)
	r.cmd.Stdin, r.in = in, out
	stdout, err := r.cmd.StdoutPipe()
	w.must(err)
	r.out = bufio.NewReader(stdout)
	w.must(r.cmd.Start())
	w.must(in.Close())
	limit := time.AfterFunc(3*deadline, func() { _ = r.cmd.Process.Kill() })
	w.t.Cleanup(func() {
		limit.Stop()
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

func (w *wine) home() string { return filepath.Dir(w.exe) }

// killUnnoticed ends both so that neither can do anything about it.
func (w *wine) killUnnoticed(p *program) {
	w.t.Helper()
	dog := p.watchdog()
	p.signal(syscall.SIGSTOP)
	w.command("wine", "taskkill", "/F", "/PID", fmt.Sprint(dog))
	p.kill()
	if now := w.picture(); !strings.Contains(now, "9876") {
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
	p.wine.command("wine", "taskkill", "/F", "/PID", fmt.Sprint(p.watchdog()))
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
		out := w.command("wine", "reg", "query", runKey, "/v", "Posthouse network repair")
		_, line, ok := strings.Cut(out, "REG_SZ")
		if words := strings.Fields(line); !ok || len(words) != 3 {
			w.t.Fatalf("the entry is %q", out)
		}
		start := time.Now()
		w.command("wine", strings.Fields(line)...)
		return start
	}},
	{"SIGKILL of both, then -restore-network", func(w *wine, p *program) time.Time {
		w.killUnnoticed(p)
		start := time.Now()
		if out := w.command("wine", w.exe, "-restore-network"); !strings.Contains(out, "restored ") {
			w.t.Errorf("it said %q", out)
		}
		return start
	}},
	{"journal half written, SIGKILL of both, then restart", func(w *wine, p *program) time.Time {
		journal := filepath.Join(w.home(), "state/posthouse/system-proxy.journal")
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
		w.command("wine", "wineboot", "--end-session")
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
				w := &wine{t: t, env: w.env, exe: w.exe}
				want := w.picture()
				p := w.start()
				p.ask("enable "+addr, "enabled")
				if on := w.picture(); !strings.Contains(on, addr) {
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
}

// restored waits until the registry is what it was. The time that it returns has
// the look itself in it, which is a good part.
func (w *wine) restored(want string, since time.Time) time.Duration {
	w.t.Helper()
	for {
		now := w.picture()
		took := time.Since(since)
		if now == want {
			return took
		}
		if took > 2*limit {
			w.t.Fatalf("after %v the registry is\n%s\nwant\n%s", took, now, want)
		}
	}
}
