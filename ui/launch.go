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
	"posthouse/ui/command"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// Launcher opens programs that go through the proxy. Its methods are slow.
type Launcher interface {
	Browsers() []launch.Browser // that are on this computer
	Browse(launch.Browser, launch.Way) error
	Terminal(vars []shellenv.Variable, ended func()) error
}

// programs are the browsers and terminals that can be opened. They belong to the UI
// goroutine.
type programs struct {
	*services
	notices  *notices
	memory   *memory          // what was ticked
	changed  func()           // has every part of the window follow
	show     func()           // shows the window, which says what is wrong
	launcher Launcher         // nil: nothing can be opened
	browsers []launch.Browser // found when last looked for
}

// startTime bounds how long opening waits for the proxy to start.
const startTime = 5 * time.Second

var shellWords = map[shellenv.Shell]string{
	shellenv.POSIX: "shell.posix", shellenv.Fish: "shell.fish", shellenv.PowerShell: "shell.powershell", shellenv.Cmd: "shell.cmd",
}

// defaultShell is the one that this user most likely has.
func defaultShell() shellenv.Shell { return shellenv.Default(runtime.GOOS, os.Getenv("SHELL")) }

// findBrowsers looks for browsers beside the UI goroutine.
func (p *programs) findBrowsers() {
	if p.launcher == nil {
		return
	}
	p.work(func() func() {
		found := p.launcher.Browsers()
		return func() { p.browsers = found }
	})
}

// copyVariables copies the commands that point a shell's programs at the proxy,
// and make them trust the CA while decryption is on.
func (p *programs) copyVariables(shell shellenv.Shell) {
	p.work(func() func() {
		o, missing := p.controller.Environment()
		text, err := shellenv.Set(shell, o)
		return func() {
			if err == nil {
				p.copy(text)
			}
			p.sayLaunch(errors.Join(err, missing))
		}
	})
}

// opening does what opens a program, once the proxy runs; it is started where it does not.
func (p *programs) opening(open func() error) {
	p.work(func() func() {
		err := p.needRunning()
		if err == nil {
			err = open()
		}
		return func() { p.sayLaunch(err) }
	})
}

// openTerminal opens a terminal with the variables set.
func (p *programs) openTerminal() {
	decrypted, name := p.memory.DecryptTerminal, i18n.T("launch.terminal.name")
	p.opening(func() error {
		environment, ended := p.controller.Environment, func() {}
		if decrypted {
			l, err := p.controller.Programs().Listen(name, false)
			if err != nil {
				return err
			}
			environment, ended = l.Environment, l.Close
		}
		o, missing := environment()
		o.NoProxy = []string{} // this computer's own servers too, as from the browser
		vars, err := shellenv.Variables(o)
		if err != nil {
			ended()
			return err
		}
		return errors.Join(p.launcher.Terminal(vars, ended), missing)
	})
}

// openBrowser opens a browser that goes through the proxy. One that is decrypted begins
// with a page in TLS: that is the first row.
func (p *programs) openBrowser(b launch.Browser) {
	decrypted := p.memory.DecryptBrowser
	p.opening(func() error {
		if !decrypted {
			cert, missing := p.controller.Decryption().Certificate()
			return errors.Join(p.launcher.Browse(b,
				launch.Way{Proxy: p.controller.Addr(), Certificate: cert, URL: app.PlainStartPage, Failed: p.failedLate}), missing)
		}
		l, err := p.controller.Programs().Listen(b.Name, true)
		if err != nil {
			return err
		}
		return p.launcher.Browse(b, launch.Way{Proxy: l.Addr(), Certificate: l.Certificate(), URL: l.StartPage(),
			Untrusted: app.PlainStartPage, Ended: l.Close, Failed: p.failedLate})
	})
}

// failedLate says of a browser that it did not start after all.
func (p *programs) failedLate(err error) { p.do(func() { p.sayLaunch(err) }) }

// toggleBrowser and toggleTerminal tick, or not, that what is opened next is decrypted.
func (p *programs) toggleBrowser() {
	p.memory.DecryptBrowser = !p.memory.DecryptBrowser
	p.ticked()
}

func (p *programs) toggleTerminal() {
	p.memory.DecryptTerminal = !p.memory.DecryptTerminal
	p.ticked()
}

func (p *programs) ticked() {
	p.memory.save()
	p.changed()
}

// openFirstBrowser opens the browser that is offered first.
func (p *programs) openFirstBrowser() {
	if len(p.browsers) == 0 {
		p.show()
		p.sayLaunch(errNoBrowser)
		return
	}
	p.openBrowser(p.browsers[0])
}

var (
	errNoBrowser  = errors.New("no browser was found")
	errNotRunning = errors.New("the proxy does not run")
)

// needRunning starts the proxy and waits until it runs. It is not for the UI goroutine.
func (p *programs) needRunning() error {
	before := p.controller.Status()
	if before.State == app.Running {
		return nil
	}
	watch := p.controller.Watch()
	defer watch.Close()
	p.controller.Start()
	late := time.NewTimer(startTime)
	defer late.Stop()
	for {
		switch now := p.controller.Status(); {
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
func (p *programs) sayLaunch(err error) {
	switch {
	case errors.Is(err, errNotRunning) || errors.Is(err, app.ErrNotRunning): // the banner says why
	case err != nil:
		p.notices.answer(notice{source: source{kind: ofLaunching}, text: launchText(err)})
	default:
		p.notices.withdraw(ofLaunching)
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
	case errors.Is(err, launch.ErrTooMany) || errors.Is(err, app.ErrTooManyPrograms):
		return i18n.T("launch.too_many")
	case errors.Is(err, shellenv.ErrValue):
		return i18n.T("launch.value")
	case errors.As(err, &ended):
		return i18n.T("launch.ended", ended.Name, strings.TrimSpace(ended.Err.Error()+"  "+ended.Said))
	}
	return i18n.T("launch.failed", words.ReasonText(err))
}

// browserItems are what opens a browser, and whether it is decrypted.
func (p *programs) browserItems() []command.Item {
	return append(p.browserChoices(), command.Separator(), command.Do(command.Command{ID: "browser.decrypt",
		Name: "launch.decrypt.browser", Enabled: p.launches, Why: says("cannot.launch"), Checked: p.decryptsBrowser, Run: p.toggleBrowser}))
}

func (p *programs) decryptsBrowser() bool { return p.memory.DecryptBrowser }

func (p *programs) decryptsTerminal() bool { return p.memory.DecryptTerminal }

// browserChoices are commands that open the browsers that were found.
func (p *programs) browserChoices() (items []command.Item) {
	for _, b := range p.browsers {
		items = append(items, command.Do(command.Command{ID: "browser." + b.Name, Title: b.Name, Run: func() { p.openBrowser(b) }}))
	}
	if len(items) == 0 {
		items = append(items, command.Do(command.Command{ID: "browser.none", Name: "command.browser.none", Enabled: p.launches,
			Why: says("cannot.launch"),
			Run: p.openFirstBrowser}))
	}
	return items
}

// launches reports whether browsers and terminals can be opened.
func (p *programs) launches() bool { return p.launcher != nil }

// shellItems are commands that copy the variables for each shell, the user's own first.
func (p *programs) shellItems() (items []command.Item) {
	own := defaultShell()
	add := func(s shellenv.Shell) {
		items = append(items, command.Do(command.Command{ID: shellWords[s], Name: shellWords[s], Run: func() { p.copyVariables(s) }}))
	}
	add(own)
	for _, s := range shellenv.Shells() {
		if s != own {
			add(s)
		}
	}
	return items
}

// below shows a menu under a button.
func (p *programs) below(b *widget.Button, menu *fyne.Menu) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
	widget.ShowPopUpMenuAtPosition(menu, p.win.Canvas(), at.AddXY(0, b.Size().Height))
}

// chooseBrowser opens the browser, or asks which of several.
func (p *programs) chooseBrowser(b *widget.Button) {
	if len(p.browsers) > 1 {
		p.below(b, command.PopUp(p.browserChoices()))
		return
	}
	p.openFirstBrowser()
}
