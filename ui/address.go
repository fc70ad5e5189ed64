package ui

import (
	"errors"
	"strconv"
	"strings"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
)

// address is where programs are to be pointed.
func (w *Window) address() string {
	if s := w.controller.Status(); s.State == app.Running && len(s.Addrs) > 0 {
		return s.Addrs[0]
	}
	return w.controller.Settings().Addrs()[0]
}

// submitPort applies the port that was typed.
func (w *Window) submitPort(text string) {
	port, err := strconv.Atoi(plainDigits(text))
	if err != nil || port < 0 || port > 65535 {
		w.banner.closed = ""
		w.banner.show("port", i18n.T("port.bad", text), "", nil)
		return
	}
	w.usePort(port)
	w.win.Canvas().Unfocus()
}

func (w *Window) usePort(port int) {
	failed := w.controller.Status().State == app.Failed
	err := w.controller.Change(func(s *settings.Settings) { s.Proxy.Port = port })
	w.report(err)
	if app.InForce(err) && failed {
		w.controller.Start()
	}
	w.followController()
}

// plainDigits is a number as it was meant: without blanks around it, and with the
// digits that a Chinese or Japanese keyboard writes as wide as a character.
func plainDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, strings.TrimSpace(text))
}

func (w *Window) leavePort() {
	w.win.Canvas().Unfocus()
	w.followController()
}

// report says what Apply made of settings.
func (w *Window) report(err error) {
	var bind *app.BindError
	w.banner.closed = ""
	switch {
	case app.InForce(err): // followController says what could not be saved
		if w.banner.key == "apply" || w.banner.key == "port" {
			w.banner.clear()
		}
	case errors.As(err, &bind):
		w.showBind("apply", bind)
	default:
		w.banner.show("apply", troubleText(err), "", nil)
	}
}

func (w *Window) showBind(key string, bind *app.BindError) {
	text := bindText(bind)
	if bind.Suggest == 0 {
		w.banner.show(key, text, "", nil)
		return
	}
	w.banner.show(key, text, i18n.T("bind.suggest", bind.Suggest), func() { w.usePort(bind.Suggest) })
}
