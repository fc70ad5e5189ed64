//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/app/desktop/winetest"
	"posthouse/proxy/proxytest/eventually"
)

// windows is a Windows on the desktop: its programs run under Wine, which shows
// their tray icons in a window where the desktop has no tray.
type windows struct {
	*winetest.Windows
	d    *desktop
	exe  string
	icon image.Rectangle // where the tray icon is, once it was looked for
}

func newWindows(t *testing.T) *windows {
	t.Helper()
	if why := winetest.Missing(); why != "" {
		t.Skip(why)
	}
	if _, err := exec.LookPath(mingw); err != nil {
		t.Skip("no " + mingw + ": the app for Windows is tested where it can be built")
	}
	exe := buildForWindows(t)
	d := newDesktop(t, desktopOptions{noTray: true})
	w := &windows{d: d, exe: exe}
	w.Windows = winetest.New(t, d.path("home"), d.env...)
	d.env = w.Env
	d.must(os.MkdirAll(w.local("posthouse"), 0o755))
	return w
}

const mingw = "x86_64-w64-mingw32-gcc"

// buildForWindows uses the flags of make test's cross builds, so that both share
// one build of the graphics library.
func buildForWindows(t *testing.T) string {
	t.Helper()
	name := os.Getenv("GO")
	if name == "" {
		name = "go"
	}
	exe := filepath.Join(t.TempDir(), "posthouse.exe")
	build := exec.Command(name, "build", "-buildvcs=false", "-tags", "migrated_fynedo", "-ldflags", "-H=windowsgui", "-o", exe,
		"posthouse/cmd/posthouse")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=1", "CC="+mingw)
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the app for Windows: %v\n%s", err, said)
	}
	return exe
}

// local is a file of the user's below AppData\Local.
func (w *windows) local(name string) string {
	w.d.t.Helper()
	homes, err := filepath.Glob(filepath.Join(w.Prefix, "drive_c/users/*/AppData/Local"))
	w.d.must(err)
	if len(homes) != 1 {
		w.d.t.Fatalf("the users' folders are %q", homes)
	}
	return filepath.Join(homes[0], name)
}

// launch starts the app.
func (w *windows) launch(args ...string) *posthouse {
	w.d.t.Helper()
	return w.d.launchAs("wine", append([]string{w.exe}, args...)...)
}

// pid is the app's process ID as Windows counts.
func (w *windows) pid() string {
	w.d.t.Helper()
	var said struct{ PID int }
	eventually.Within(w.d.t, patience, "the app has written down that it runs", func() bool {
		files, _ := filepath.Glob(w.local("posthouse/instance-*.json"))
		if len(files) != 1 {
			return false
		}
		text, err := os.ReadFile(files[0])
		return err == nil && json.Unmarshal(text, &said) == nil && said.PID != 0
	})
	return strconv.Itoa(said.PID)
}

// mustBeGone waits until neither the app nor its watchdog runs.
func (w *windows) mustBeGone() {
	w.d.t.Helper()
	mark := []byte("POSTHOUSE_E2E_SESSION=" + w.d.dir + "\x00")
	eventually.Within(w.d.t, patience, "the app and its watchdog have ended", func() bool {
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, file := range files {
			line, _ := os.ReadFile(file)
			env, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "environ"))
			if bytes.Contains(line, []byte("posthouse.exe")) && bytes.Contains(env, mark) {
				return false
			}
		}
		return true
	})
}

// trayIcon waits for the tray icon and puts the tray where it covers nothing.
func (w *windows) trayIcon() {
	w.d.t.Helper()
	eventually.Within(w.d.t, patience, "the tray icon is there", func() bool {
		id, err := w.d.try("xdotool", "search", "--onlyvisible", "--name", "^Wine System Tray$")
		if err != nil {
			return false
		}
		area := w.d.geometry(id)
		if want := image.Pt(1040, 770); area.Min.Sub(want).X < -20 || area.Min.Sub(want).Y < -20 {
			_, _ = w.d.try("xdotool", "windowmove", id, itoa(want.X), itoa(want.Y))
			return false
		}
		w.icon = image.Rect(area.Min.X, area.Min.Y, area.Min.X+20, area.Max.Y) // the first one
		return w.d.colours(w.icon) > 2
	})
	w.d.settled(w.icon)
}

// clickIcon presses a mouse button on the tray icon.
func (w *windows) clickIcon(button string) {
	w.d.t.Helper()
	at := w.icon.Min.Add(w.icon.Size().Div(2))
	// From elsewhere: Wine must see the pointer come.
	w.d.do("xdotool", "mousemove", "--sync", "640", "786", "mousemove", "--sync", itoa(at.X), itoa(at.Y), "click", button)
}

// trayMenu is where the tray menu's entries are: from its top, from 0 on, or from its
// bottom, from -1 on. What is between depends on what is installed.
var trayMenu = map[string]int{"Start": 0, "Use as system proxy": 1, "Recording": 2, "Copy address": 5, "Show window": -2, "Quit": -1}

// Of a tray menu of Wine's, in pixels.
const (
	trayEntry  = 17 // height of an entry
	trayMargin = 3  // above the first and below the last
)

// pick opens the tray menu and clicks an entry.
func (w *windows) pick(p *posthouse, entry string) {
	w.d.t.Helper()
	var menu image.Rectangle
	opens := func() bool {
		ids, _ := w.d.try("xdotool", "search", "--onlyvisible", "--all", "--pid", strconv.Itoa(p.pid), "--class", "posthouse")
		for _, id := range strings.Fields(ids) {
			if area := w.d.geometry(id); area.Dx() > 60 && area.Dx() < 400 && area.Dy() > 60 && area.Dy() < 300 {
				menu = area
				return true
			}
		}
		return false
	}
	eventually.Within(w.d.t, patience, "the tray menu opens", func() bool {
		w.clickIcon("3")
		return eventually.Wait(5*time.Second, opens)
	})
	// The icon's tooltip would take the click on what it covers: it goes with the pointer.
	w.d.do("xdotool", "mousemove", "--sync", itoa(menu.Min.X+menu.Dx()/2), itoa(menu.Min.Y+4))
	w.d.settled(menu)
	w.d.shot("tray-menu")
	n := trayMenu[entry]
	y := menu.Min.Y + trayMargin + n*trayEntry + trayEntry/2
	if n < 0 {
		y = menu.Max.Y - trayMargin + n*trayEntry + trayEntry/2
	}
	w.d.do("xdotool", "mousemove", "--sync", itoa(menu.Min.X+menu.Dx()/2), itoa(y), "click", "1")
}

// colours counts what is shown in an area.
func (d *desktop) colours(area image.Rectangle) int {
	d.t.Helper()
	img := d.screen()
	seen := map[[3]byte]bool{}
	area = area.Intersect(img.Bounds())
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			i := img.PixOffset(x, y)
			seen[[3]byte(img.Pix[i:i+3])] = true
		}
	}
	return len(seen)
}

// mustPoint waits until Windows sends its programs to the proxy.
func (w *windows) mustPoint(port int) {
	w.d.t.Helper()
	want := fmt.Sprintf("http=127.0.0.1:%d;https=127.0.0.1:%[1]d", port)
	eventually.Within(w.d.t, patience, "the registry points at the proxy", func() bool {
		now := w.Internet()
		return strings.Contains(now, want) && strings.Contains(now, "ProxyEnable    REG_DWORD    0x1")
	})
}

// restoreLimit is what the endings of the matrix have under Wine: each look starts
// a program.
const restoreLimit = 4 * time.Second

// mustBeAsBefore waits until the registry has what the user had.
func (w *windows) mustBeAsBefore(before string) {
	w.d.t.Helper()
	now, since := "", time.Now()
	if !eventually.Wait(restoreLimit, func() bool { now = w.Internet(); return now == before }) {
		w.d.t.Fatalf("the registry is\n%s\nand was\n%s", now, before)
	}
	w.d.t.Logf("the registry was as before after %v", time.Since(since).Round(10*time.Millisecond))
}

// noHistory has the app keep nothing on the disk: Wine does not have the kind of memory that
// SQLite reserves on Windows, and the window would say that there is no history.
const noHistory = "[history]\nkeep = \"never\"\n"

// The app for Windows, from its first window to its end: once by the task manager,
// once from the tray, once with the session.
func TestTheAppForWindows(t *testing.T) {
	w := newWindows(t)
	port, site := freePort(t), origin(t)
	w.d.must(os.WriteFile(w.local("posthouse/settings.toml"), []byte("version = 1\n"+onPort(port)+noHistory), 0o600))
	w.SetInternet("ProxyEnable", "REG_DWORD", "1")
	w.SetInternet("ProxyServer", "REG_SZ", "10.1.1.1:3128")
	w.SetInternet("ProxyOverride", "REG_SZ", "*.corp;<local>")
	before := w.Internet()

	p := w.launch()
	win := p.window()
	w.d.shot("window")
	if name := w.d.do("xdotool", "getwindowname", win.id); name != "Posthouse" || w.d.colours(win.area) < 50 {
		t.Errorf("the window is called %q and has %d colours", name, w.d.colours(win.area))
	}
	w.trayIcon()
	w.useIt(p, win, port, site.URL)
	w.hideAndShow(p, port, site.URL)

	w.pick(p, "Use as system proxy")
	w.mustPoint(port)
	w.Run("wine", "taskkill", "/F", "/PID", w.pid())
	w.mustBeAsBefore(before)
	mustNotListen(t, port)
	w.mustBeGone()

	p = w.launch("-hidden", "-start")
	mustListen(t, port)
	w.trayIcon()
	if p.visible() {
		t.Error("-hidden shows a window")
	}
	w.pick(p, "Use as system proxy")
	w.mustPoint(port)
	w.pick(p, "Quit")
	p.mustEnd()
	w.mustBeAsBefore(before)
	mustNotListen(t, port)
	w.mustBeGone()

	win = w.launch().window()
	win.click(332, menuHeight+24) // the switch of the system proxy
	w.mustPoint(port)
	mustListen(t, port)
	w.d.shot("system-proxy")
	w.Run("wine", "wineboot", "--end-session")
	w.mustBeAsBefore(before)
	w.mustBeGone()
}

// useIt switches the proxy on in the window and sees a request in its list.
func (w *windows) useIt(p *posthouse, win *window, port int, site string) {
	w.d.t.Helper()
	stopped := w.d.settled(w.icon)
	win.activate()
	win.click(60, menuHeight+24)
	mustListen(w.d.t, port)
	eventually.Within(w.d.t, patience, "the tray icon says that it runs", func() bool { return w.d.digest(w.icon) != stopped })
	list := win.list()
	empty := w.d.settled(list)
	w.d.curl(port, site+"/first-request")
	eventually.Within(w.d.t, patience, "a row appears", func() bool { return w.d.digest(list) != empty })
	p.mustRun(w.d.t)
	w.d.shot("first-row")
}

// hideAndShow closes the window, which comes back by a second start and by a
// click on the tray icon; the proxy runs on.
func (w *windows) hideAndShow(p *posthouse, port int, site string) {
	w.d.t.Helper()
	for way, back := range map[string]func(){
		"a second start": func() {
			second := w.d.start("second", "wine", w.exe)
			if !second.endsWithin(patience) || second.code != 0 {
				w.d.t.Fatalf("the second one runs, or ended with %d: %s", second.code, second.log())
			}
		},
		"a click in the tray": func() { w.clickIcon("1") },
	} {
		(&window{d: w.d, id: p.window().id}).close()
		eventually.Within(w.d.t, patience, "the window is gone", func() bool { return !p.visible() })
		w.d.curl(port, site+"/while-hidden")
		back()
		eventually.Within(w.d.t, patience, "the window comes back by "+way, p.visible)
	}
}
