//go:build e2e && linux

package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

func TestTrayTogglesTheProxy(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port, site := freePort(t), origin(t)
	d.settings(onPort(port))
	p := d.launch()
	p.window()
	tray := p.trayItem()
	stopped := tray.icon()
	if _, found := tray.find("Start"); !found {
		t.Fatalf("a stopped proxy has no Start in its menu: %q", tray.labels())
	}
	eventually.Within(t, patience, "the icon says that it is stopped", func() bool { return tray.tip() == "Posthouse · Stopped" })

	tray.pick("Start")
	mustListen(t, port)
	eventually.Within(t, patience, "the icon says where it listens", func() bool {
		return tray.tip() == fmt.Sprintf("Posthouse · Listening on 127.0.0.1:%d", port)
	})
	eventually.Within(t, patience, "the menu offers Stop", func() bool { _, found := tray.find("Stop"); return found })
	eventually.Within(t, patience, "the icon changes", func() bool { icon := tray.icon(); return icon != "" && icon != stopped })
	d.curl(port, site.URL+"/from-the-tray")

	tray.pick("Stop")
	mustNotListen(t, port)
	eventually.Within(t, patience, "the menu offers Start", func() bool { _, found := tray.find("Start"); return found })
	eventually.Within(t, patience, "the icon is the first one again", func() bool { return tray.icon() == stopped })
}

func TestTrayTogglesRecording(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port, site := freePort(t), origin(t)
	d.settings(onPort(port))
	p := d.launch("-start")
	w := p.window()
	tray := p.trayItem()
	mustListen(t, port)
	recording := func(want bool) func() bool {
		return func() bool { e, found := tray.find("Recording"); return found && e.checked == want }
	}
	eventually.Within(t, patience, "recording is on at first", recording(true))
	on := tray.icon()
	tray.pick("Recording")
	eventually.Within(t, patience, "recording is off", recording(false))
	eventually.Within(t, patience, "the icon carries the mark", func() bool { icon := tray.icon(); return icon != "" && icon != on })

	list := w.list()
	before := d.settled(list)
	d.curl(port, site.URL+"/not-to-be-kept")
	d.curl(port, site.URL+"/nor-this")
	if d.settled(list) != before {
		d.shot("list-with-recording-off")
		t.Error("a request shows in the list while recording is off")
	}
	tray.pick("Recording")
	eventually.Within(t, patience, "recording is on again", recording(true))
	d.curl(port, site.URL+"/kept")
	eventually.Within(t, patience, "a row appears", func() bool { return d.digest(list) != before })
}

func TestTrayCopiesTheAddress(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port := freePort(t)
	d.settings(onPort(port))
	p := d.launch("-start")
	p.window()
	tray := p.trayItem()
	mustListen(t, port)
	tray.pick("Copy address")
	want := "127.0.0.1:" + itoa(port)
	eventually.Within(t, patience, "the clipboard holds "+want, func() bool { return d.clipboard() == want })
}

func TestCloseHidesToTheTrayAndShowBringsItBack(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port, site := freePort(t), origin(t)
	d.settings(onPort(port))
	p := d.launch("-start")
	w := p.window()
	tray := p.trayItem()
	mustListen(t, port)
	size := w.area.Size()

	w.close()
	eventually.Within(t, patience, "the window is gone", func() bool { return !p.visible() })
	d.curl(port, site.URL+"/while-hidden")
	p.mustRun(t)

	tray.pick("Show")
	if back := p.window(); back.area.Size() != size {
		t.Errorf("the window was %v and is %v", size, back.area.Size())
	}
}

func TestQuitFromTheTray(t *testing.T) {
	for name, hidden := range map[string]bool{"with the window shown": false, "with the window hidden": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t, desktopOptions{})
			port := freePort(t)
			d.settings(onPort(port))
			p := d.launch("-start")
			w := p.window()
			tray := p.trayItem()
			mustListen(t, port)
			if hidden {
				w.close()
				eventually.Within(t, patience, "the window is gone", func() bool { return !p.visible() })
			}
			tray.pick("Quit")
			p.mustEnd()
			mustNotListen(t, port)
		})
	}
}

// Without a tray host a closed window must not leave a process that cannot be reached.
func TestCloseWithoutATrayDoesNotStrand(t *testing.T) {
	d := newDesktop(t, desktopOptions{noTray: true})
	port := freePort(t)
	d.settings(onPort(port))
	p := d.launch("-start")
	w := p.window()
	mustListen(t, port)
	w.close()
	if p.endsWithin(10 * time.Second) {
		p.mustEnd()
		mustNotListen(t, port)
		return
	}
	eventually.Within(t, patience, "the window, or a question, is on the screen", p.visible)
}

func TestStartHiddenWithoutATrayShowsTheWindow(t *testing.T) {
	d := newDesktop(t, desktopOptions{noTray: true})
	d.settings(onPort(freePort(t)))
	d.launch("-hidden").window()
}

func TestStartHiddenInTheTray(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port := freePort(t)
	d.settings(onPort(port))
	p := d.launch("-hidden", "-start")
	tray := p.trayItem()
	mustListen(t, port)
	if p.visible() {
		d.shot("not-hidden")
		t.Error("-hidden shows a window")
	}
	tray.pick("Show")
	p.window()
}

// The icon appears when a tray host arrives late, and when it comes back after a crash.
func TestTrayHostArrivesLate(t *testing.T) {
	d := newDesktop(t, desktopOptions{noTray: true})
	d.settings(onPort(freePort(t)))
	p := d.launch()
	w := p.window()
	d.startPanel()
	p.trayItem()
	d.panel.stop()
	d.startPanel()
	tray := p.trayItem()
	w.close()
	eventually.Within(t, patience, "the window is gone", func() bool { return !p.visible() })
	tray.pick("Quit")
	p.mustEnd()
}

func TestSignalsEndItCleanly(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			d := newDesktop(t, desktopOptions{})
			port := freePort(t)
			d.settings(onPort(port))
			p := d.launch("-start")
			p.window()
			mustListen(t, port)
			d.must(syscall.Kill(p.pid, signal))
			p.mustEnd()
			mustNotListen(t, port)
		})
	}
}

func TestTrayInChinese(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	d.settings(onPort(freePort(t)))
	p := d.launch("-lang", "zh-Hans")
	p.window()
	tray := p.trayItem()
	if labels := tray.labels(); !slices.ContainsFunc(labels, isChinese) || slices.ContainsFunc(labels, isEnglish) {
		t.Errorf("the tray menu is not Chinese: %q", labels)
	}
}

func isChinese(s string) bool {
	return slices.ContainsFunc([]rune(s), func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
}

func isEnglish(s string) bool { return !isChinese(s) }

// A tray that restarts does not flash a hidden window, and one that has gone brings
// it back: nothing else could.
func TestATrayThatGoesBringsTheWindowBack(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port := freePort(t)
	d.settings(onPort(port))
	p := d.launch("-start", "-hidden")
	p.trayItem()
	mustListen(t, port)
	d.panel.stop()
	d.startPanel()
	p.trayItem()
	if p.visible() {
		t.Error("a restart of the tray shows the window")
	}
	d.panel.stop()
	p.window()
	mustListen(t, port)
}

// Where a person chose to go on without a window, a second start shows it.
func TestWithoutATrayItMayKeepRunning(t *testing.T) {
	d := newDesktop(t, desktopOptions{noTray: true})
	port := freePort(t)
	d.settings("[general]\nclose_without_tray = \"stay\"\n" + onPort(port))
	p := d.launch("-start")
	w := p.window()
	mustListen(t, port)
	w.close()
	eventually.Within(t, 10*time.Second, "the window is gone", func() bool { return !p.visible() })
	d.curl(port, origin(t).URL+"/without-a-window")
	p.mustRun(t)
	second := d.start("second", appBinary)
	if !second.endsWithin(15 * time.Second) {
		t.Fatal("a second one runs")
	}
	p.window()
}

// The setting writes the entry that the desktop starts at login, and what the
// desktop switched off is off in the setting.
func TestTheStartAtLoginFollowsTheSetting(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port := freePort(t)
	d.settings("[general]\nstart_at_login = true\n" + onPort(port)) // no entry is there: it is the truth
	p := d.launch()
	p.window()
	entry := d.configFile("autostart/io.github.posthouse.Posthouse.desktop")
	says := func(on string) func() bool {
		return func() bool {
			text, err := os.ReadFile(d.settingsFile())
			return err == nil && strings.Contains(string(text), "start_at_login = "+on)
		}
	}
	eventually.Within(t, 10*time.Second, "the setting says what is", says("false"))
	d.settings("[general]\nstart_at_login = true\n" + onPort(port))
	eventually.Within(t, 10*time.Second, "the entry starts this program", func() bool {
		text, err := os.ReadFile(entry)
		return err == nil && strings.Contains(string(text), "Exec="+appBinary+" -hidden")
	})
	d.settings("[general]\nstart_at_login = false\n" + onPort(port))
	eventually.Within(t, 10*time.Second, "the entry is gone",
		func() bool { _, err := os.Stat(entry); return errors.Is(err, fs.ErrNotExist) })
}
