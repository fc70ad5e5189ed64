package tray

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/systray"

	"posthouse/app"
	"posthouse/app/desktop/trayhost"
	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
)

// Deps is what the tray needs of the app.
type Deps struct {
	App       fyne.App
	Do        func(func()) // runs on the UI goroutine
	Status    func() app.Status
	Words     func(app.Status) string // a status as the window says it
	Recording func() bool
	System    func() systemproxy.Phase

	ToggleProxy     func()
	ToggleSystem    func()
	ToggleRecording func()
	History         func() bool // something stays on the disk
	Private         func() bool // but not now
	TogglePrivate   func()
	Rules           func() (on bool, changing int) // whether rules are on, and how many are in force
	ToggleRules     func()
	CopyAddress     func()
	CopyVariables   func()
	OpenBrowser     func()
	Decrypts        func() bool // what that browser asks is decrypted
	ToggleDecrypts  func()
	Waiting         func() string // how much waits at breakpoints, "" for nothing
	ShowWaiting     func()
	Panic           func() // everything goes, and breakpoints are off
	Show            func()
	Quit            func()
}

// Tray is the icon in the tray and its menu. It belongs to the UI goroutine.
// Desktops may build the menu anew whenever it changes, so that happens on a
// change of state only.
type Tray struct {
	deps Deps
	host *host

	menu      *fyne.Menu
	toggle    *fyne.MenuItem
	system    *fyne.MenuItem
	recording *fyne.MenuItem
	private   *fyne.MenuItem
	rules     *fyne.MenuItem
	copy      *fyne.MenuItem
	variables *fyne.MenuItem
	browser   *fyne.MenuItem
	decrypts  *fyne.MenuItem
	waiting   *fyne.MenuItem
	panic     *fyne.MenuItem
	show      *fyne.MenuItem
	quit      *fyne.MenuItem
	icon      fyne.Resource
	shown     string // what the menu and the icon show
}

// New puts an icon into the tray; nil where this is no desktop.
func New(deps Deps) *Tray {
	toolkit, ok := deps.App.(desktop.App)
	if !ok {
		return nil
	}
	t := &Tray{deps: deps}
	t.menuItems()
	// A click shows the window; on Linux the handler runs off the UI goroutine.
	systray.SetOnTapped(func() { deps.Do(deps.Show) })
	t.set(deps.Status())
	checks := []*fyne.MenuItem{t.system, t.recording, t.private, t.rules, t.decrypts}
	t.host = newHost(deps.App, deps.Do, toolkit, t.menu, checks, t.icon, t.again)
	t.showTip()
	return t
}

// menuItems makes the menu; set gives it words.
func (t *Tray) menuItems() {
	deps := &t.deps
	t.toggle = fyne.NewMenuItem("", deps.ToggleProxy)
	t.system = fyne.NewMenuItem("", deps.ToggleSystem)
	t.recording = fyne.NewMenuItem("", deps.ToggleRecording)
	t.private = fyne.NewMenuItem("", deps.TogglePrivate)
	t.rules = fyne.NewMenuItem("", deps.ToggleRules)
	t.copy = fyne.NewMenuItem("", deps.CopyAddress)
	t.variables = fyne.NewMenuItem("", deps.CopyVariables)
	t.browser = fyne.NewMenuItem("", deps.OpenBrowser)
	t.decrypts = fyne.NewMenuItem("", deps.ToggleDecrypts)
	t.waiting = fyne.NewMenuItem("", deps.ShowWaiting)
	t.panic = fyne.NewMenuItem("", deps.Panic)
	t.show = fyne.NewMenuItem("", deps.Show)
	t.quit = fyne.NewMenuItem("", deps.Quit)
	t.quit.IsQuit = true
	t.menu = fyne.NewMenu("Posthouse", t.toggle, t.system, t.recording, t.private, t.rules, t.copy, t.variables, t.browser, t.decrypts,
		t.waiting, t.panic, fyne.NewMenuItemSeparator(), t.show, t.quit)
}

// again shows the icon and the tip.
func (t *Tray) again() {
	t.setIcon()
	t.showTip()
}

// Close takes the icon away.
func (t *Tray) Close() { t.host.close() }

func (t *Tray) showTip() { systray.SetTooltip(t.tip()) }

func (t *Tray) tip() string {
	_, changing := t.deps.Rules()
	return trayTip(t.deps.Words(t.deps.Status()), t.deps.System(), changing, t.deps.Waiting())
}

// Show shows a change of state.
func (t *Tray) Show(s app.Status) {
	if t.set(s) {
		t.host.show(t.menu)
		t.again()
	}
}

// set puts words and icon in place; it reports whether anything is another.
func (t *Tray) set(s app.Status) bool {
	recording := t.deps.Recording()
	key := s.State.String() + i18n.Lang()
	system := t.deps.System()
	key += string(system)
	if recording {
		key += " recording"
	}
	history, private := t.deps.History(), t.deps.Private()
	if history {
		key += " history"
	}
	if private {
		key += " private"
	}
	on, changing := t.deps.Rules()
	key += fmt.Sprint(" rules ", on, changing)
	if t.deps.Decrypts() {
		key += " decrypts"
	}
	waiting := t.deps.Waiting()
	key += waiting
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
	t.private.Label, t.private.Checked, t.private.Disabled = i18n.T("command.private"), private, !history
	t.rules.Label, t.rules.Checked = i18n.T("command.rules"), on
	t.copy.Label = i18n.T("tray.copy")
	t.variables.Label = i18n.T("launch.copy")
	t.browser.Label = i18n.T("launch.browser")
	t.decrypts.Label, t.decrypts.Checked = i18n.T("launch.decrypt.browser"), t.deps.Decrypts()
	t.waiting.Label, t.waiting.Disabled = i18n.T("tray.waiting"), waiting == ""
	if waiting != "" {
		t.waiting.Label = waiting
	}
	t.panic.Label = i18n.T("command.breaks.panic")
	t.show.Label = i18n.T("tray.show")
	t.quit.Label = i18n.T("tray.quit")
	t.icon = iconOf(s.State, recording, system == systemproxy.On, changing > 0 || waiting != "")
	return true
}

// iconOf is the icon of a state, with a dot while traffic is changed or held.
func iconOf(s app.State, recording, system, changing bool) fyne.Resource {
	name, picture := trayIcon(s, recording, system)
	if changing {
		if dotted, err := withDot(picture); err == nil {
			name, picture = name+"-changing", dotted
		}
	}
	return fyne.NewStaticResource(name+".png", picture)
}

// setIcon changes the icon. Where the message bus has gone, with which the tray was
// spoken to, the toolkit's library panics; the window works on without a tray.
func (t *Tray) setIcon() {
	defer func() {
		if r := recover(); r != nil && !trayhost.BusGone(r) {
			panic(r)
		}
	}()
	t.host.setIcon(t.icon)
}
