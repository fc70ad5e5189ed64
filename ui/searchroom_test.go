package ui

import (
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/capture/search"
	"posthouse/ui/details"
	"posthouse/ui/uitest"
)

// What was found in a body is shown there; a filter that hides the row is taken off.
func TestFoundPlacesAreShown(t *testing.T) {
	w := openWindow(t, windowOptions{})
	id := uitest.Record(w.controller.Store(), "a.test", "/1", 200)
	w.until("the row", func() bool { return w.model.Len() == 1 })
	w.filter.set("nothing-like-it")
	w.until("the row is hidden", func() bool { return w.model.Len() == 0 })
	row, _ := w.controller.Store().Row(id)
	finding{w.Window}.show(&search.Hit{Row: row}, &search.Snippet{Part: query.PartResponseBody, Match: "ello"})
	w.until("the row is back", func() bool { return w.model.Len() == 1 })
	if w.list.Selected != id || w.details.Tabs.Selected != details.TabResponse {
		t.Errorf("row %d, page %d", w.list.Selected, w.details.Tabs.Selected)
	}
	w.until("the place is found", func() bool {
		return slices.ContainsFunc(uitest.Texts(w.details.Object()),
			func(text string) bool { return strings.Contains(text, "1 of 1") || text == "1/1" })
	})
}
