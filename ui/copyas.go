package ui

import (
	"iter"
	"slices"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
)

// withSelected is a row, and the others that are selected with it.
func (r *rowActions) withSelected(id flow.ID) []flow.ID {
	if r.selection != nil {
		if all := r.selection(); slices.Contains(all, id) {
			return all
		}
	}
	return []flow.ID{id}
}

// copyRows copies rows in a form, one behind the other.
func (r *rowActions) copyRows(ids []flow.ID, f export.Form) {
	ids = slices.Clone(ids) // they are read beside the UI goroutine
	r.copyAs(r.exchanges(ids), f, func() {})
}

// exchanges reads each when it is needed; what left memory is none.
func (r *rowActions) exchanges(ids []flow.ID) iter.Seq[*flow.Exchange] {
	store := r.controller.Store()
	return func(yield func(*flow.Exchange) bool) {
		for _, id := range ids {
			if x, ok := r.secrets.exchange(store.Get(id)); ok && !yield(&x) {
				return
			}
		}
	}
}

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
			if text := details.CopiedText(&c); text != "" {
				r.inform("Posthouse", text)
			}
		}
	})
}
