package ui

import (
	"iter"
	"slices"

	"fyne.io/fyne/v2"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
)

// copyAsItems offer every form for rows. kind is that of the one row.
func (r *rowActions) copyAsItems(ids []flow.ID, kind flow.Kind) []*fyne.MenuItem {
	return details.CopyAsItems(kind, func(f export.Form) { r.copyRows(ids, f) })
}

// copyRows copies rows in a form, one behind the other.
func (r *rowActions) copyRows(ids []flow.ID, f export.Form) {
	ids = slices.Clone(ids) // they are read beside the UI goroutine
	r.copyAs(r.exchanges(ids), f, func() {})
}

// exchanges reads each when it is needed, without the secrets that are hidden; what left
// memory is none.
func (r *rowActions) exchanges(ids []flow.ID) iter.Seq[*flow.Exchange] {
	store := r.tiers
	return func(yield func(*flow.Exchange) bool) {
		for _, id := range ids {
			if x, ok := r.secrets.exchange(store.Get(id)); ok && !yield(&x) {
				return
			}
		}
	}
}

// copyText puts a text of an exchange on the clipboard, if it is still there.
func (r *rowActions) copyText(id flow.ID, made func(*flow.Exchange) string) {
	from := r.tiers
	r.work(func() func() {
		x, ok := r.secrets.exchange(from.Get(id))
		if !ok {
			return r.sayGone
		}
		text := made(&x)
		return func() { r.copy(text) }
	})
}

// sayGone says that what was to be copied is no longer there.
func (r *rowActions) sayGone() { r.inform("Posthouse", i18n.T("copied.gone")) }

// copyAs puts a copy of exchanges on the clipboard, and says in what it differs.
// Every way to copy in a form ends here.
func (r *rowActions) copyAs(all iter.Seq[*flow.Exchange], f export.Form, copied func()) {
	r.work(func() func() {
		c := export.Each(all, f)
		return func() {
			if c.Text != "" {
				r.copy(c.Text)
				copied()
			}
			switch text := details.CopiedText(&c); {
			case text != "":
				r.inform("Posthouse", text)
			case c.Text == "":
				r.sayGone()
			}
		}
	})
}
