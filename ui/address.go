package ui

import (
	"errors"
	"strconv"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
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
	port, err := strconv.Atoi(words.PlainDigits(text))
	if err != nil || port < 0 || port > 65535 {
		w.banner.Closed = ""
		w.banner.Show("port", i18n.T("port.bad", text), "", nil)
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

func (w *Window) leavePort() {
	w.win.Canvas().Unfocus()
	w.followController()
}

// report says what Apply made of settings.
func (w *Window) report(err error) {
	var bind *app.BindError
	w.banner.Closed = ""
	switch {
	case app.InForce(err): // followController says what could not be saved
		if w.banner.Key == "apply" || w.banner.Key == "port" {
			w.banner.Clear()
		}
	case errors.As(err, &bind):
		w.showBind("apply", bind)
	default:
		w.banner.Show("apply", troubleText(err), "", nil)
	}
}

func (w *Window) showBind(key string, bind *app.BindError) {
	text := words.BindText(bind)
	if bind.Suggest == 0 {
		w.banner.Show(key, text, "", nil)
		return
	}
	w.banner.Show(key, text, i18n.T("bind.suggest", bind.Suggest), func() { w.usePort(bind.Suggest) })
}
