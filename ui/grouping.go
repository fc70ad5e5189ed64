package ui

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	draft "posthouse/app/compose"
	"posthouse/app/repeat"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/command"
	"posthouse/ui/comparison"
	"posthouse/ui/groups"
)

// newGroups makes the room of groups; what is sent passes in Live.
func (r *rooms) newGroups(path string) *groups.Room {
	w := r.w
	live := func() *history.Tiers { return w.tabs.live().tiers }
	return groups.New(groups.Deps{
		Window: w.win, Context: w.ctx, Do: w.do, Work: w.work, Open: w.open, OpenFile: w.files.Open, Copy: w.copy, Send: w.controller.Send,
		Answers: func() repeat.Answers { return live() }, Tabs: r.drafts, Hidden: w.secrets.hidden, Path: path,
		Rows:    func() int { return len(w.list.Selection()) },
		AddRows: func(add func([]*draft.Draft)) { r.draftsOf(w.list.Selection(), add) },
		Compare: func(a, b flow.ID) {
			deps := w.rows.compareDeps()
			deps.Get = w.rows.getIn(live())
			comparison.Open(deps, a, b)
		},
		Reveal: func(id flow.ID) {
			w.tabs.show(w.tabs.live())
			finding{w}.goTo(id)
		},
	})
}

// groupKey makes a group of what is selected.
func groupKey() command.Key {
	return command.Key{Name: fyne.KeyG, Modifier: ctrl | fyne.KeyModifierAlt}
}

// group opens a group of rows.
func (r *rooms) group(ids []flow.ID) { r.draftsOf(ids, r.groups.Compose) }

// groupTabs opens a group of the requests of Compose.
func (r *rooms) groupTabs() { r.groups.Compose(r.drafts()) }

// canGroupTabs reports whether Compose has a request that can be sent.
func (r *rooms) canGroupTabs() bool { return r.compose.Ready() || len(r.drafts()) > 0 }

// draftsOf makes requests of rows, as edit does of one, and says which could not be made.
func (r *rooms) draftsOf(ids []flow.ID, take func([]*draft.Draft)) {
	w := r.w
	from, live := w.tiers, w.live()
	ids = slices.Clone(ids[:min(len(ids), repeat.MaxSteps+1)]) // one more has the room say that it is too many
	w.work(func() func() {
		var drafts []*draft.Draft
		var left resent
		for _, id := range ids {
			x, ok := from.Get(id)
			if !ok {
				left.fail("#"+strconv.FormatUint(uint64(id), 10), errGone)
				continue
			}
			m, err := outgoing.FromExchange(&x)
			if err != nil {
				left.fail(w.secrets.named(&x), err)
				continue
			}
			m = w.controller.Editable(m)
			d := draft.FromMessage(&m)
			if !live {
				d.From = 0 // its number is that of another list
			}
			drafts = append(drafts, d)
		}
		return func() {
			if len(drafts) > 0 {
				take(drafts)
			}
			if left.why != nil {
				w.inform("Posthouse", left.text())
			}
		}
	})
}
