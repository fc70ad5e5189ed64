package ui

import (
	"iter"

	draft "posthouse/app/compose"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/comparison"
	"posthouse/ui/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// composed is the room where requests are written. It is made when it is first needed: the window would start
// a twentieth later for it.
func (r *rooms) composed() *compose.Room {
	if r.compose == nil {
		r.compose = r.newCompose()
	}
	return r.compose
}

// sockets are the WebSocket connections that a person holds there.
func (r *rooms) sockets() *compose.Sockets { return r.composed().Sockets }

// endCompose ends it, where there is one.
func (r *rooms) endCompose() {
	if r.compose != nil {
		r.compose.End()
	}
}

// drafts are the requests that it has; what was kept is read when it is first shown.
func (r *rooms) drafts() []*draft.Draft {
	if r.compose == nil {
		return nil
	}
	return r.compose.Drafts()
}

// newCompose makes it; what is sent passes in Live.
func (r *rooms) newCompose() *compose.Room {
	w := r.w
	live := func() *history.Tiers { return w.tabs.live().tiers }
	return compose.New(compose.Deps{
		Window: w.win, Context: w.ctx, Do: w.do, Work: w.work, Open: w.open, OpenFile: w.files.Open, Copy: w.copy,
		Send: w.controller.Send, Details: detailsOf(w, live), Shortcut: w.shortcut, Changed: w.syncCommandsSoon, Hidden: w.secrets.hidden,
		Tip: w.tip.Hover, Path: r.writing,
		CopyAs: func(all iter.Seq[*flow.Exchange], f export.Form, copied func()) {
			w.rows.copyAs(func(yield func(*flow.Exchange) bool) {
				for x := range all {
					if shown, _ := w.secrets.exchange(*x, true); !yield(&shown) {
						return
					}
				}
			}, f, copied)
		},
		Compare: func(a, b flow.ID) {
			deps := w.rows.compareDeps()
			deps.Get = w.rows.getIn(live())
			comparison.Open(deps, a, b)
		},
		Group: r.groupTabs,
		Reveal: func(id flow.ID) {
			w.tabs.show(w.tabs.live())
			finding{w}.goTo(id)
		},
	})
}

// write opens an empty request.
func (r *rooms) write() {
	r.show(roomCompose)
	r.compose.NewTab()
}

// writeSocket opens an empty request for a WebSocket.
func (r *rooms) writeSocket() {
	r.show(roomCompose)
	r.compose.Sockets.New()
}

// edit opens the request of a row as it passed; one for a WebSocket over HTTP/2 as HTTP/1.1 has it.
func (r *rooms) edit(id flow.ID) { r.editThen(id, func() {}) }

// repeat opens the request of the selected row, and what sends it many times; in Compose that of the one in sight.
func (r *rooms) repeat() {
	if r.composing() {
		r.composed().Repeat()
		return
	}
	r.editThen(r.w.list.Selected, func() {
		if r.compose.Ready() {
			r.compose.Repeat()
		}
	})
}

// editThen is edit, and goes on with then where there is a request.
func (r *rooms) editThen(id flow.ID, then func()) {
	w := r.w
	from, live := w.tiers, w.live()
	w.work(func() func() {
		x, ok := from.Get(id)
		if !ok {
			return w.rows.sayGone
		}
		m, err := outgoing.FromExchange(&x)
		var notes []string
		if err == outgoing.ErrConnect && m.ExtendedWebSocket() {
			m, err = m.AsHTTP1(), nil
			notes = append(notes, i18n.T("compose.socket.was.h2"))
		}
		if err != nil {
			return func() { w.inform("Posthouse", i18n.T("compose.from.not", words.ReasonText(err))) }
		}
		m = w.controller.Editable(m)
		d := draft.FromMessage(&m)
		if !live {
			d.From = 0 // its number is that of another list
		}
		return func() {
			r.show(roomCompose)
			r.compose.Add(d, notes...)
			then()
		}
	})
}
