package ui

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/clients/launch"
	"posthouse/app/clients/shellenv"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// Launcher opens programs that go through the proxy. Its methods are slow.
type Launcher interface {
	Browsers() []launch.Browser // that are on this computer
	Browse(launch.Browser, launch.Way) error
	Terminal([]shellenv.Variable) error
}

// programs are what can be opened. They belong to the UI goroutine.
type programs struct {
	launcher Launcher         // nil: nothing can be opened
	browsers []launch.Browser // found when last looked for
}

// startPage is what a browser shows first: it says whether it goes through
// Posthouse, and offers the certificate.
const startPage = "http://posthouse/"

// startTime bounds how long opening waits for the proxy to start.
const startTime = 5 * time.Second

var shellWords = map[shellenv.Shell]string{
	shellenv.POSIX: "shell.posix", shellenv.Fish: "shell.fish", shellenv.PowerShell: "shell.powershell", shellenv.Cmd: "shell.cmd",
}

// defaultShell is the one that this user most likely has.
func defaultShell() shellenv.Shell { return shellenv.Default(runtime.GOOS, os.Getenv("SHELL")) }

// findBrowsers looks for browsers beside the UI goroutine.
func (w *Window) findBrowsers() {
	if w.programs.launcher == nil {
		return
	}
	w.work(func() func() {
		found := w.programs.launcher.Browsers()
		return func() { w.programs.browsers = found }
	})
}

// copyVariables copies the commands that point a shell's programs at the proxy,
// and make them trust the CA while decryption is on.
func (w *Window) copyVariables(shell shellenv.Shell) {
	w.work(func() func() {
		o, missing := w.controller.Environment()
		text, err := shellenv.Set(shell, o)
		return func() {
			if err == nil {
				w.copy(text)
			}
			w.sayLaunch(errors.Join(err, missing))
		}
	})
}

// openTerminal opens a terminal with the variables set; the proxy is started
// where it does not run.
func (w *Window) openTerminal() {
	w.work(func() func() {
		err := w.needRunning()
		if err == nil {
			var o shellenv.Options
			var vars []shellenv.Variable
			var missing error
			o, missing = w.controller.Environment()
			if vars, err = shellenv.Variables(o); err == nil {
				err = errors.Join(w.programs.launcher.Terminal(vars), missing)
			}
		}
		return func() { w.sayLaunch(err) }
	})
}

// openBrowser opens a browser that goes through the proxy; the proxy is started
// where it does not run.
func (w *Window) openBrowser(b launch.Browser) {
	w.work(func() func() {
		err := w.needRunning()
		if err == nil {
			cert, missing := w.controller.Decryption().Certificate()
			err = errors.Join(w.programs.launcher.Browse(b, launch.Way{Proxy: w.controller.Addr(), Certificate: cert, URL: startPage}), missing)
		}
		return func() { w.sayLaunch(err) }
	})
}

// openFirstBrowser opens the browser that is offered first.
func (w *Window) openFirstBrowser() {
	if len(w.programs.browsers) == 0 {
		w.Show()
		w.sayLaunch(errNoBrowser)
		return
	}
	w.openBrowser(w.programs.browsers[0])
}

var (
	errNoBrowser  = errors.New("no browser was found")
	errNotRunning = errors.New("the proxy does not run")
)

// needRunning starts the proxy and waits until it runs. It is not for the UI goroutine.
func (w *Window) needRunning() error {
	before := w.controller.Status()
	if before.State == app.Running {
		return nil
	}
	watch := w.controller.Watch()
	defer watch.Close()
	w.controller.Start()
	late := time.NewTimer(startTime)
	defer late.Stop()
	for {
		switch now := w.controller.Status(); {
		case now.State == app.Running:
			return nil
		case now.State == app.Failed && now.Since != before.Since:
			return errNotRunning // the banner says why
		}
		select {
		case <-watch.C:
		case <-late.C:
			return errNotRunning
		}
	}
}

// sayLaunch says what did not work, or takes away what was said of it.
func (w *Window) sayLaunch(err error) {
	switch {
	case errors.Is(err, errNotRunning): // said already
	case err != nil:
		w.banner.Closed = ""
		w.banner.Show("launch", launchText(err), "", nil)
	case w.banner.Key == "launch":
		w.banner.Clear()
	}
}

// launchText is what went wrong, and what to do about it.
func launchText(err error) string {
	var ended *launch.EndedError
	switch {
	case errors.Is(err, errNoBrowser):
		return i18n.T("launch.no_browser")
	case errors.Is(err, launch.ErrNoTerminal):
		return i18n.T("launch.no_terminal")
	case errors.Is(err, launch.ErrUntrusted):
		return i18n.T("launch.untrusted")
	case errors.Is(err, launch.ErrTooMany):
		return i18n.T("launch.too_many")
	case errors.Is(err, shellenv.ErrValue):
		return i18n.T("launch.value")
	case errors.As(err, &ended):
		return i18n.T("launch.ended", ended.Name, strings.TrimSpace(ended.Err.Error()+"  "+ended.Said))
	}
	return i18n.T("launch.failed", words.ReasonText(err))
}

// launchItems are the window's menu of terminals and browsers.
func (w *Window) launchItems() []*fyne.MenuItem {
	variables := fyne.NewMenuItem(i18n.T("launch.copy"), nil)
	variables.ChildMenu = w.shellMenu()
	items := []*fyne.MenuItem{fyne.NewMenuItemSeparator(), variables}
	if w.programs.launcher == nil {
		return items
	}
	w.findBrowsers() // for the next time: one may have been installed
	browser := fyne.NewMenuItem(i18n.T("launch.browser"), w.openFirstBrowser)
	if len(w.programs.browsers) > 0 {
		browser.Action, browser.ChildMenu = nil, w.browserMenu()
	}
	return append(items, fyne.NewMenuItem(i18n.T("launch.terminal"), w.openTerminal), browser)
}

// shellMenu offers the variables for each shell, the user's own first.
func (w *Window) shellMenu() *fyne.Menu {
	menu := fyne.NewMenu("")
	own := defaultShell()
	add := func(s shellenv.Shell) {
		menu.Items = append(menu.Items, fyne.NewMenuItem(i18n.T(shellWords[s]), func() { w.copyVariables(s) }))
	}
	add(own)
	for _, s := range shellenv.Shells() {
		if s != own {
			add(s)
		}
	}
	return menu
}

func (w *Window) browserMenu() *fyne.Menu {
	menu := fyne.NewMenu("")
	for _, b := range w.programs.browsers {
		menu.Items = append(menu.Items, fyne.NewMenuItem(b.Name, func() { w.openBrowser(b) }))
	}
	return menu
}

// below shows a menu under a button.
func (w *Window) below(b *widget.Button, menu *fyne.Menu) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
	widget.ShowPopUpMenuAtPosition(menu, w.win.Canvas(), at.AddXY(0, b.Size().Height))
}

// chooseBrowser opens the browser, or asks which of several.
func (w *Window) chooseBrowser(b *widget.Button) {
	if len(w.programs.browsers) > 1 {
		w.below(b, w.browserMenu())
		return
	}
	w.openFirstBrowser()
}
