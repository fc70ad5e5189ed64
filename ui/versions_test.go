package ui

import (
	"strings"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/capture/search"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/uitest"
)

// recordChanged records a request whose response a rule changed.
func recordChanged(s *capture.Store) flow.ID {
	r := uitest.Begin(s, "a.test", "/1")
	id := r.ID()
	r.Went(false).Add([]byte("a tiger"))
	r.Ruled(flow.EffectApplied | flow.EffectResponse)
	uitest.Answer(r, 200)
	return id
}

// What a rule made of a body is found, shown where it was found, and compared with what came.
func TestAChangedBodyIsFoundAndCompared(t *testing.T) {
	w := openWindow(t, windowOptions{})
	id := recordChanged(w.controller.Store())
	w.until("the row", func() bool { return w.model.Len() == 1 })
	w.filter.set("body:tiger is:modified")
	w.until("the filter", func() bool { return w.model.Len() == 1 })
	w.filter.set("body:panther")
	w.until("the filter", func() bool { return w.model.Len() == 0 })
	row, _ := w.controller.Store().Row(id)
	finding{w.Window}.show(&search.Hit{Row: row}, &search.Snippet{Part: query.PartRuledResponseBody, Match: "tiger"})
	w.until("the exchange", func() bool { return w.details.Exchange != nil && w.details.Tabs.Selected == details.TabResponse })
	w.until("the place", func() bool { return strings.Contains(strings.Join(uitest.Texts(w.details.Object()), ""), "a tiger") })
	w.rows.compareVersions(w.tiers, id)
	for _, text := range []string{"As it came", "As it went", "hello", "a tiger"} {
		w.until(text, w.seen(text))
	}
	w.leaveDialog()
}
