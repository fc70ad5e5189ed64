package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
)

// rowMenu is what the other button opens on a row.
func (w *Window) rowMenu(id flow.ID, at fyne.Position) {
	if row, ok := w.controller.Store().Row(id); ok {
		widget.ShowPopUpMenuAtPosition(w.rowItems(id, &row), w.win.Canvas(), at)
	}
}

func (w *Window) rowItems(id flow.ID, row *flow.Row) *fyne.Menu {
	copyOf := func(word string, text func(*flow.Exchange) string) *fyne.MenuItem {
		return fyne.NewMenuItem(i18n.T(word), func() {
			if x, ok := w.controller.Store().Get(id); ok {
				w.copy(text(&x))
			}
		})
	}
	menu := fyne.NewMenu("",
		copyOf("row.copy.url", func(x *flow.Exchange) string { return details.UrlText(&x.Row) }),
		copyOf("row.copy.request", func(x *flow.Exchange) string { return string(x.RequestHead) }),
		copyOf("row.copy.response", func(x *flow.Exchange) string { return string(x.ResponseHead) }),
		fyne.NewMenuItemSeparator(),
	)
	menu.Items = slices.Insert(menu.Items, 1, details.CurlItems(row.Kind, func(s export.Shell) { w.copyRowCurl(id, s) })...)
	if host := feed.HostGroup(row); host != "" {
		menu.Items = append(menu.Items, w.scopeItems(feed.ScopeKeys[0], host)...)
	}
	if row.App != "" {
		menu.Items = append(menu.Items, w.scopeItems(feed.ScopeKeys[1], row.App)...)
	}
	if choices := w.decryptMenu(row); len(choices) > 0 {
		menu.Items = append(append(menu.Items, fyne.NewMenuItemSeparator()), choices...)
	}
	return menu
}

// addFilter adds a word to the filter.
func (w *Window) addFilter(word string) {
	w.filter.SetText(strings.TrimSpace(w.filter.Text + " " + word))
}
