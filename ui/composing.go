package ui

import (
	draft "posthouse/app/compose"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/comparison"
	"posthouse/ui/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// newCompose makes the room where requests are written; what is sent passes in Live.
func (w *Window) newCompose(path string) *compose.Room {
	live := func() *history.Tiers { return w.tabs.live().tiers }
	return compose.New(compose.Deps{
		Window: w.win, Context: w.ctx, Do: w.do, Work: w.work, Open: w.open, OpenFile: w.files.Open, Copy: w.copy, CopyAs: w.rows.copyAs,
		Send: w.controller.Send, Details: w.detailsOf(live), Shortcut: w.shortcut, Changed: w.syncCommandsSoon, Hidden: w.secrets.hidden,
		Tip: w.tip.Hover, Path: path,
		Compare: func(a, b flow.ID) {
			deps := w.rows.compareDeps()
			deps.Get = w.rows.getIn(live())
			comparison.Open(deps, a, b)
		},
		Reveal: func(id flow.ID) {
			w.rooms.show(roomTraffic)
			w.tabs.show(w.tabs.live())
			finding{w}.goTo(id)
		},
	})
}

// composeNew opens an empty request.
func (w *Window) composeNew() {
	w.rooms.show(roomCompose)
	w.rooms.compose.NewTab()
}

// composeRow opens the request of a row as it passed.
func (w *Window) composeRow(id flow.ID) {
	from, live := w.tiers, w.live()
	w.work(func() func() {
		x, ok := from.Get(id)
		if !ok {
			return w.rows.sayGone
		}
		m, err := outgoing.FromExchange(&x)
		if err != nil {
			return func() { w.inform("Posthouse", i18n.T("compose.from.not", words.ReasonText(err))) }
		}
		m = w.controller.Editable(m)
		d := draft.FromMessage(&m)
		if !live {
			d.From = 0 // its number is that of another list
		}
		return func() {
			w.rooms.show(roomCompose)
			w.rooms.compose.Add(d)
		}
	})
}
