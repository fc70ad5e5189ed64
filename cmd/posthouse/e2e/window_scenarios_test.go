//go:build e2e && linux

package e2e

import (
	"image"
	"os"
	"strconv"
	"strings"
	"testing"

	"posthouse/proxy/proxytest/eventually"
)

func itoa(n int) string { return strconv.Itoa(n) }

// menuHeight is what the menu bar takes of the window, in pixels.
const menuHeight = 24

// barsHeight is what the bars and the list's header take of it.
const barsHeight = menuHeight + 142

// railWidth and sidebarWidth are what the rail of rooms and the sidebar take of it.
const railWidth, sidebarWidth = 56, 200

// list is where the upper half of the request list lies, below the bars.
func (w *window) list() image.Rectangle {
	a := w.d.geometry(w.id)
	return image.Rect(a.Min.X+railWidth+sidebarWidth, a.Min.Y+barsHeight, a.Max.X-20, a.Min.Y+a.Dy()*9/20)
}

// The story a new user lives through: start the app, click Start, send a
// request, see it and copy it, quit, come back.
func TestFirstMinute(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port, site := freePort(t), origin(t)
	d.settings(onPort(port))
	p := d.launch()
	w := p.window()
	if listens(port) {
		t.Fatal("the proxy runs before anyone started it")
	}
	d.shot("first-start")

	w.click(60, menuHeight+26) // the Proxy switch stands first in the window
	mustListen(t, port)
	list := w.list()
	before := d.settled(list)
	d.curl(port, site.URL+"/first-request")
	eventually.Within(t, patience, "a row appears", func() bool { return d.digest(list) != before })
	d.shot("first-row")
	w.selectFirst()
	w.key("ctrl+c")
	eventually.Within(t, patience, "the clipboard holds a curl line for the request", func() bool {
		line := d.clipboard()
		return strings.HasPrefix(line, "curl ") && strings.Contains(line, site.URL+"/first-request")
	})

	w.click(60, menuHeight+26)
	mustNotListen(t, port)
}

// selectFirst puts the selection on the first row of the list.
func (w *window) selectFirst() {
	w.d.t.Helper()
	area := w.list()
	w.d.settled(area)
	w.d.do("xdotool", "mousemove", "--sync", itoa(area.Min.X+40), itoa(w.firstRow()), "click", "1")
	w.d.settled(area)
}

// firstRow is the height of the middle of the first row.
func (w *window) firstRow() int { return w.list().Min.Y + 14 }

func TestKeysWork(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port, site := freePort(t), origin(t)
	d.settings(onPort(port))
	p := d.launch()
	w := p.window()
	w.key("ctrl+shift+p")
	mustListen(t, port)
	list := w.list()
	empty := d.settled(list)
	for _, path := range []string{"/one", "/two", "/three"} {
		d.curl(port, site.URL+path)
	}
	eventually.Within(t, patience, "rows appear", func() bool { return d.digest(list) != empty })
	all := d.settled(list)

	w.key("ctrl+f")
	w.write("two")
	eventually.Within(t, patience, "the filter takes rows away", func() bool { return d.digest(list) != all })
	d.shot("filtered")
	w.key("ctrl+a", "BackSpace")
	eventually.Within(t, patience, "the rows come back", func() bool { return d.digest(list) == all })
	w.key("Escape")

	w.key("ctrl+k")
	eventually.Within(t, patience, "the list is cleared", func() bool { return d.digest(list) != all })
	w.key("ctrl+shift+p")
	mustNotListen(t, port)
}

// Menus are opened by the mouse and by Alt, the palette by its key; what they offer
// is done.
func TestMenusAndPalette(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port := freePort(t)
	d.settings(onPort(port))
	w := d.launch().window()
	d.settled(w.area)
	w.click(150, menuHeight/2) // Proxy stands fourth in the bar
	d.settled(w.area)
	d.shot("menu")
	w.click(150, menuHeight+16) // its first entry is the proxy
	mustListen(t, port)

	w.key("alt+p", "Down", "Return")
	mustNotListen(t, port)
	d.settled(w.area)
	w.key("Alt_L", "Right", "Right", "Right", "Down", "Return")
	mustListen(t, port)

	before := d.settled(w.area)
	w.key("ctrl+p")
	eventually.Within(t, patience, "the palette opens", func() bool { return d.digest(w.area) != before })
	w.write("proxy")
	d.shot("palette")
	w.key("Return")
	mustNotListen(t, port)
	w.key("ctrl+p", "Escape", "ctrl+shift+p")
	mustListen(t, port)
}

// Editing the settings file while the app runs moves the proxy to the new port.
func TestPortChangesWithTheSettingsFile(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port, next, site := freePort(t), freePort(t), origin(t)
	d.settings(onPort(port))
	p := d.launch("-start")
	p.window()
	mustListen(t, port)
	d.settings(onPort(next))
	mustListen(t, next)
	mustNotListen(t, port)
	d.curl(next, site.URL+"/new-port")
}

// Everything is found again as it was left: port and window size.
func TestRestartFindsTheSettings(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	port, site := freePort(t), origin(t)
	d.settings(onPort(port))
	p := d.launch("-start")
	w := p.window()
	mustListen(t, port)
	d.do("wmctrl", "-i", "-r", w.id, "-e", "0,-1,-1,1010,660")
	eventually.Within(t, patience, "the window has its new size", func() bool {
		return near(d.geometry(w.id).Size(), image.Pt(1010, 660))
	})
	d.settled(d.geometry(w.id))
	p.trayItem().pick("Quit")
	p.mustEnd()

	p = d.launch("-start")
	w = p.window()
	mustListen(t, port)
	d.curl(port, site.URL+"/after-the-restart")
	if size := w.area.Size(); !near(size, image.Pt(1010, 660)) {
		t.Errorf("the window was left at 1010x660 and came back at %v", size)
	}
}

func near(a, b image.Point) bool {
	d := a.Sub(b)
	return d.X*d.X+d.Y*d.Y <= 64
}

// A port that is taken is said in the window, with a remedy; the tray shows the failure.
func TestPortInUse(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	taken := origin(t)
	_, number, _ := strings.Cut(strings.TrimPrefix(taken.URL, "http://"), ":")
	port, err := strconv.Atoi(number)
	d.must(err)
	d.settings(onPort(port))
	p := d.launch()
	w := p.window()
	tray := p.trayItem()
	stopped, before := tray.icon(), d.settled(w.area)
	w.key("ctrl+shift+p")
	eventually.Within(t, patience, "the icon shows the failure", func() bool { icon := tray.icon(); return icon != "" && icon != stopped })
	eventually.Within(t, patience, "the window says something of it", func() bool { return d.digest(w.area) != before })
	d.settled(w.area)
	d.shot("port-in-use")
}

// A damaged settings file does not keep the app from running, and is not lost.
func TestDamagedSettingsAreKept(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	const damaged = "\n[proxy\nport = nine\n"
	d.settings(damaged)
	p := d.launch()
	p.window()
	d.shot("damaged-settings")
	p.trayItem().pick("Quit")
	p.mustEnd()
	if now, err := os.ReadFile(d.settingsFile()); err != nil || string(now) != "version = 1\n"+damaged {
		t.Errorf("the damaged file became %q (%v)", now, err)
	}
}
