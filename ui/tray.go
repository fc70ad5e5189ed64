package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/systray"

	"posthouse/app"
	"posthouse/app/desktop/trayhost"
	"posthouse/app/switches/systemproxy"
	"posthouse/assets"
	"posthouse/ui/i18n"
)

// Tray is the icon in the tray and its menu. It belongs to the UI goroutine.
// The menu is built anew by the toolkit whenever it changes, so that happens on
// a change of state only.
type Tray struct {
	desktop     desktop.App
	controller  *app.Controller
	systemProxy SystemProxy

	menu      *fyne.Menu
	toggle    *fyne.MenuItem
	system    *fyne.MenuItem
	recording *fyne.MenuItem
	copy      *fyne.MenuItem
	variables *fyne.MenuItem
	browser   *fyne.MenuItem
	show      *fyne.MenuItem
	quit      *fyne.MenuItem
	shown     string // what the menu and the icon show
	tip       func() string
}

// NewTray puts an icon into the tray, if this is a desktop.
func NewTray(w *Window, quit func()) *Tray {
	d, ok := w.app.(desktop.App)
	if !ok {
		return nil
	}
	t := &Tray{desktop: d, controller: w.controller, systemProxy: w.systemProxy}
	t.tip = func() string {
		return trayTip(w.stateText(w.controller.Status()), w.systemProxy.Status().Phase)
	}
	t.toggle = fyne.NewMenuItem("", w.toggleProxy)
	t.system = fyne.NewMenuItem("", w.takeSystem)
	t.recording = fyne.NewMenuItem("", w.toggleRecording)
	t.copy = fyne.NewMenuItem("", func() { w.copy(w.address()) })
	t.variables = fyne.NewMenuItem("", func() { w.copyVariables(defaultShell()) })
	t.browser = fyne.NewMenuItem("", w.openFirstBrowser)
	t.show = fyne.NewMenuItem("", w.Show)
	t.quit = fyne.NewMenuItem("", quit)
	t.quit.IsQuit = true
	t.menu = fyne.NewMenu("Posthouse", t.toggle, t.system, t.recording, t.copy, t.variables, t.browser, fyne.NewMenuItemSeparator(), t.show, t.quit)
	// A click shows the window; on Linux the handler runs off the UI goroutine.
	systray.SetOnTapped(func() { w.do(w.Show) })
	w.onState = t.follow
	t.set(w.controller.Status())
	d.SetSystemTrayMenu(t.menu)
	t.showTip()     // Windows and Linux have the icon by now
	w.do(t.showTip) // macOS when its loop runs
	return t
}

func (t *Tray) showTip() { systray.SetTooltip(t.tip()) }

// follow shows a change of state.
func (t *Tray) follow(s app.Status) {
	if t.set(s) {
		t.menu.Refresh()
		t.showTip()
	}
}

// set puts words and icon in place; it reports whether anything is another.
func (t *Tray) set(s app.Status) bool {
	recording := t.controller.Recording()
	key := s.State.String() + i18n.Lang()
	system := t.systemProxy.Status().Phase
	key += string(system)
	if recording {
		key += " recording"
	}
	if t.shown == key {
		return false
	}
	t.shown = key
	t.toggle.Label = i18n.T("tray.start")
	if s.State == app.Running || s.State == app.Starting {
		t.toggle.Label = i18n.T("tray.stop")
	}
	t.system.Label = i18n.T("tray.system")
	switch system {
	case systemproxy.Taken:
		t.system.Label = i18n.T("tray.taken")
	case systemproxy.Failed, systemproxy.Unavailable:
		t.system.Label = i18n.T("system." + string(system))
	}
	t.system.Checked, t.system.Disabled = system == systemproxy.On, system == systemproxy.Unavailable
	t.recording.Label = i18n.T("tray.recording")
	t.recording.Checked = recording
	t.copy.Label = i18n.T("tray.copy")
	t.variables.Label = i18n.T("launch.copy")
	t.browser.Label = i18n.T("launch.browser")
	t.show.Label = i18n.T("tray.show")
	t.quit.Label = i18n.T("tray.quit")
	name, icon := trayIcon(s.State, recording, system == systemproxy.On)
	t.setIcon(fyne.NewStaticResource(name, icon))
	return true
}

// setIcon changes the icon. Where the message bus has gone, with which the tray was
// spoken to, the toolkit's library panics; the window works on without a tray.
func (t *Tray) setIcon(icon fyne.Resource) {
	defer func() {
		if r := recover(); r != nil && !trayhost.BusGone(r) {
			panic(r)
		}
	}()
	t.desktop.SetSystemTrayIcon(icon)
}

func trayIcon(s app.State, recording, system bool) (string, []byte) {
	switch {
	case s == app.Failed:
		return "failed.png", assets.TrayFailed
	case s == app.Running && system && !recording:
		return "system-not-recording.png", assets.TraySystemNotRecording
	case s == app.Running && system:
		return "system.png", assets.TraySystem
	case s == app.Running && recording:
		return "running.png", assets.TrayRunning
	case s == app.Running:
		return "not-recording.png", assets.TrayRunningNotRecording
	}
	return "stopped.png", assets.TrayStopped
}
