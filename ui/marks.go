package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// markShown is what the window state remembers once the first mark has brought its
// column into sight: whoever hides the column after that wants it hidden.
const markShown = "mark column"

// setMark marks a row.
func (w *Window) setMark(id flow.ID, m flow.Mark) {
	if !w.controller.Store().SetMark(id, m) {
		if _, there := w.controller.Store().Row(id); there {
			w.banner.Show("marks", i18n.T("mark.full"), "", nil)
		}
		return
	}
	if m == flow.MarkNone {
		return
	}
	w.state.Mark = m.String()
	if !slices.Contains(w.state.Said, markShown) {
		w.state.Said = append(w.state.Said, markShown)
		w.layout.Show(list.MarkColumn)
		w.list.Header.Refresh()
		w.list.Refresh()
	}
}

// toggleMark marks the selected row with the colour used last, or takes its mark off.
func (w *Window) toggleMark() {
	row, ok := w.controller.Store().Row(w.list.Selected)
	if !ok {
		return
	}
	m := flow.MarkNone
	if row.Mark == flow.MarkNone {
		if m, ok = flow.ParseMark(w.state.Mark); !ok {
			m = flow.MarkRed
		}
	}
	w.setMark(row.ID, m)
}

// markItems are the colours that a row can be marked with.
func (w *Window) markItems(row *flow.Row) (items []*fyne.MenuItem) {
	for _, m := range append([]flow.Mark{flow.MarkNone}, flow.Marks[:]...) {
		item := fyne.NewMenuItem(words.MarkText(m), func() { w.setMark(row.ID, m) })
		item.Icon, item.Checked = uiwidget.MarkPicture(m), row.Mark == m
		items = append(items, item)
	}
	return items
}

// markMenu opens them below the row's menu.
func (w *Window) markMenu(row *flow.Row) *fyne.MenuItem {
	item := fyne.NewMenuItem(i18n.T("row.mark"), nil)
	item.ChildMenu = fyne.NewMenu("", w.markItems(row)...)
	return item
}
