//go:build e2e && linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

// systemProxy is all that GNOME's settings and KDE's file say of the proxy.
func (d *desktop) systemProxy() string {
	out, _ := d.try("gsettings", "list-recursively", "org.gnome.system.proxy")
	file, _ := os.ReadFile(d.kioslaverc())
	return out + "\n" + string(file)
}

func (d *desktop) kioslaverc() string { return d.path("home/.config/kioslaverc") }

// kdeProxy is what a user of KDE had before.
const kdeProxy = "# mine\r\n[Proxy Settings]\nProxyType=1\nhttpProxy=http://10.1.1.1 3128\n\n[Last]\nno newline=at the end"

// The tray's switch points the desktop at the proxy, and every ending puts back
// what the user had.
func TestTheSystemProxyIsSetAndPutBack(t *testing.T) {
	for name, end := range map[string]func(p *posthouse, tray *trayItem){
		"switch":  func(_ *posthouse, tray *trayItem) { tray.pick("Use as system proxy") },
		"stop":    func(_ *posthouse, tray *trayItem) { tray.pick("Stop") },
		"quit":    func(p *posthouse, tray *trayItem) { tray.pick("Quit"); p.mustEnd() },
		"SIGKILL": func(p *posthouse, _ *trayItem) { p.d.must(syscall.Kill(p.pid, syscall.SIGKILL)) },
		// Putting back takes a moment: the toolkit, which answers two of these signals
		// itself, has ended by then.
		"SIGTERM": func(p *posthouse, _ *trayItem) { p.d.must(syscall.Kill(p.pid, syscall.SIGTERM)); p.mustEnd() },
		"SIGINT":  func(p *posthouse, _ *trayItem) { p.d.must(syscall.Kill(p.pid, syscall.SIGINT)); p.mustEnd() },
		"SIGHUP":  func(p *posthouse, _ *trayItem) { p.d.must(syscall.Kill(p.pid, syscall.SIGHUP)); p.mustEnd() },
		"the X server is killed": func(p *posthouse, _ *trayItem) {
			p.d.must(syscall.Kill(p.d.display.pid, syscall.SIGKILL))
			eventually.Within(p.d.t, patience, "the app is gone with its display", func() bool { return !p.running() })
		},
		"the bus is killed, then SIGTERM": func(p *posthouse, _ *trayItem) {
			p.d.must(syscall.Kill(p.d.busProcess.pid, syscall.SIGKILL))
			<-p.d.busProcess.done
			p.d.must(syscall.Kill(p.pid, syscall.SIGTERM))
			p.mustEnd()
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t, desktopOptions{})
			port := freePort(t)
			d.settings(onPort(port))
			d.do("gsettings", "set", "org.gnome.system.proxy", "mode", "auto")
			d.do("gsettings", "set", "org.gnome.system.proxy", "autoconfig-url", "http://pac.corp/x.pac")
			d.must(os.WriteFile(d.kioslaverc(), []byte(kdeProxy), 0o600))
			before := d.systemProxy()
			p := d.launch()
			p.window()
			tray := p.trayItem()
			tray.pick("Use as system proxy")
			mustListen(t, port)
			eventually.Within(t, patience, "the desktop points at the proxy", func() bool {
				now := d.systemProxy()
				return strings.Contains(now, "httpProxy=http://127.0.0.1 "+strconv.Itoa(port)) &&
					strings.Contains(now, "proxy mode 'manual'") && strings.Contains(now, "proxy.http port "+strconv.Itoa(port))
			})
			eventually.Within(t, patience, "the menu says so", func() bool {
				e, found := tray.find("Use as system proxy")
				return found && e.checked
			})
			d.shot("on")
			end(p, tray)
			eventually.Within(t, 2*time.Second, "the settings are what they were", func() bool { return d.systemProxy() == before })
			if reports, _ := filepath.Glob(d.path("home/.local/state/posthouse/crash-*.txt")); len(reports) > 0 ||
				strings.Contains(p.log(), "panic") {
				t.Errorf("it crashed: %q\n%s", reports, p.log())
			}
		})
	}
}
