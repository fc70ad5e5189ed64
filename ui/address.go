package ui

import (
	"net"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// addressBar says where programs are to be pointed, and takes another port. It belongs
// to the UI goroutine.
type addressBar struct {
	*services
	notices *notices
	object  fyne.CanvasObject
	host    *widget.Label
	port    *uiwidget.KeyEntry
	copied  *widget.Button
}

func newAddressBar(s *services, n *notices, shortcut func(fyne.Shortcut)) *addressBar {
	a := &addressBar{services: s, notices: n, host: widget.NewLabel(""), port: uiwidget.NewKeyEntry()}
	a.port.MinWidth = 72
	a.port.Window = shortcut
	a.port.OnSubmitted = a.submit
	a.port.Escape = func() {
		s.win.Canvas().Unfocus()
		n.changed()
	}
	a.copied = uiwidget.IconButton(theme.ContentCopyIcon(), func() { s.copy(a.text()) })
	a.object = container.New(uiwidget.TightRow{}, a.host, a.port, a.copied)
	return a
}

// text is where programs are to be pointed.
func (a *addressBar) text() string {
	if s := a.controller.Status(); s.State == app.Running && len(s.Addrs) > 0 {
		return s.Addrs[0]
	}
	return a.controller.Settings().Addrs()[0]
}

// follow shows the address in force, but not over what a person types.
func (a *addressBar) follow(app.Status) {
	host, port, _ := net.SplitHostPort(a.text())
	a.host.SetText(host + " :")
	if a.win.Canvas().Focused() != a.port {
		a.port.SetText(port)
	}
}

// submit puts the port that was typed into force.
func (a *addressBar) submit(text string) {
	port, err := strconv.Atoi(words.PlainDigits(text))
	if err != nil || port < 0 || port > 65535 {
		a.notices.answer(notice{source: source{kind: ofPort}, text: i18n.T("port.bad", text)})
		return
	}
	a.usePort(port)
	a.win.Canvas().Unfocus()
}

func (a *addressBar) usePort(port int) {
	failed := a.controller.Status().State == app.Failed
	err := a.controller.Change(func(s *settings.Settings) { s.Proxy.Port = port })
	a.notices.report(err)
	if app.InForce(err) && failed {
		a.controller.Start()
	}
	a.notices.changed()
}
