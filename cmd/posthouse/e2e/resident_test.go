//go:build e2e && linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A second start is the way back to a window that is hidden, also without a tray
// host, and passes -start and -hidden on.
func TestASecondStartShowsTheFirstOnesWindow(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port := freePort(t)
	d.settings(onPort(port))
	p := d.launch("-hidden")
	p.trayItem()
	mustNotListen(t, port)
	again := func(flags ...string) {
		t.Helper()
		second := d.start("second", appBinary, flags...)
		if !second.endsWithin(patience) || second.code != 0 {
			t.Fatalf("the second one runs, or ended with %d: %s", second.code, second.log())
		}
	}
	again("-hidden", "-start") // as a session does that begins again
	mustListen(t, port)
	if p.visible() {
		t.Error("a second start that is hidden shows the window")
	}
	again()
	p.window()
	// Another settings file is another Posthouse.
	other := filepath.Join(d.path("home"), "other.toml")
	d.must(os.WriteFile(other, nil, 0o600))
	d.launch("-config", other).window()
}

func TestTheEndOfTheTerminalEndsItCleanly(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port := freePort(t)
	d.settings(onPort(port))
	p := d.launch("-start")
	p.window()
	mustListen(t, port)
	d.must(syscall.Kill(p.pid, syscall.SIGHUP))
	p.mustEnd()
	mustNotListen(t, port)
}

// A session bus that dies takes the tray with it, and nothing else: the window is
// there, and a change of the icon that reaches no tray ends nothing.
func TestTheAppOutlivesTheBus(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port := freePort(t)
	d.settings(onPort(port))
	p := d.launch()
	p.window()
	p.trayItem()
	d.must(syscall.Kill(d.busProcess.pid, syscall.SIGKILL))
	<-d.busProcess.done
	second := d.start("second", appBinary, "-start") // the icon is another now
	if !second.endsWithin(patience) || second.code != 0 {
		t.Fatalf("the second one runs, or ended with %d: %s", second.code, second.log())
	}
	mustListen(t, port)
	d.must(syscall.Kill(p.pid, syscall.SIGTERM))
	p.mustEnd()
}

// What a dead Posthouse left is put back before the window is there, and by hand.
func TestTheSystemProxyIsRepairedAtTheStart(t *testing.T) {
	resident := filepath.Join(t.TempDir(), "resident")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", resident, "posthouse/app/desktop/endtoend/resident")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const before = "[Proxy Settings]\nProxyType=2\nProxy Config Script=http://pac.corp/x.pac\n"
	for name, repair := range map[string]func(d *desktop){
		"start": func(d *desktop) { d.launch().window() },
		"by hand": func(d *desktop) {
			p := d.start("by-hand", appBinary, "-restore-network")
			if !p.endsWithin(patience) || p.code != 0 || !strings.Contains(p.log(), "restored  kde: ProxyType is 2 again") {
				t.Errorf("it ended with %d and said %s", p.code, p.log())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t, desktopOptions{})
			d.settings(onPort(freePort(t)))
			file := d.configFile("kioslaverc")
			d.must(os.WriteFile(file, []byte(before), 0o600))
			d.leaveProxySet(resident, file)
			repair(d)
			if text, err := os.ReadFile(file); err != nil || string(text) != before {
				t.Errorf("the settings are %q (%v), and were %q", text, err, before)
			}
		})
	}
}

// configFile is a file in the user's configuration directory.
func (d *desktop) configFile(name string) string {
	dir := filepath.Join(d.path("home"), ".config")
	for _, entry := range d.env {
		if value, ok := strings.CutPrefix(entry, "XDG_CONFIG_HOME="); ok {
			dir = value
		}
	}
	d.must(os.MkdirAll(dir, 0o700))
	return filepath.Join(dir, name)
}

// leaveProxySet has a program set the system proxy and end with its watchdog, so
// that nothing puts it back.
func (d *desktop) leaveProxySet(resident, file string) {
	d.t.Helper()
	cmd := exec.Command(resident)
	cmd.Env = d.env
	in, err := cmd.StdinPipe()
	d.must(err)
	out, err := cmd.StdoutPipe()
	d.must(err)
	d.must(cmd.Start())
	_, err = in.Write([]byte("enable 127.0.0.1:9876\nstate\n"))
	d.must(err)
	watchdog := 0
	said := ""
	for piece := make([]byte, 4096); watchdog == 0; {
		n, err := out.Read(piece)
		d.must(err)
		said += string(piece[:n])
		if _, state, ok := strings.Cut(said, "state on "); ok && strings.HasSuffix(state, "\n") {
			for _, c := range strings.Fields(state)[0] {
				watchdog = watchdog*10 + int(c-'0')
			}
		}
	}
	d.must(cmd.Process.Signal(syscall.SIGSTOP)) // it cannot start another
	d.must(syscall.Kill(watchdog, syscall.SIGKILL))
	d.must(cmd.Process.Kill())
	_ = cmd.Wait()
	if text, _ := os.ReadFile(file); !strings.Contains(string(text), "9876") {
		d.t.Fatalf("the proxy is not set:\n%s", text)
	}
}
