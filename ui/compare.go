package ui

import (
	"fyne.io/fyne/v2"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/ui/command"
	"posthouse/ui/comparison"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// chosenRow is the row that was chosen to be compared with another, of any tab.
type chosenRow struct {
	tab *tab // nil: none was
	id  flow.ID
}

// compareKey compares two rows, chooseKey chooses one of them.
func compareKey() command.Key { return ctrlKey(fyne.KeyJ) }
func chooseKey() command.Key {
	return command.Key{Name: fyne.KeyJ, Modifier: ctrl | fyne.KeyModifierAlt}
}

// compareName is what comparing is called: of two selected rows, or of one with the chosen one.
func (r *rowActions) compareName() string {
	if len(r.selection()) == 1 && r.chosen.tab != nil {
		return "compare.menu.chosen"
	}
	return "compare.menu"
}

// compareItems are the lines of a row's menu that compare it.
func (r *rowActions) compareItems(id flow.ID) []*fyne.MenuItem {
	ids := []flow.ID{id}
	items := []*fyne.MenuItem{fyne.NewMenuItem(i18n.T("compare.choose"), func() { r.choose(ids) })}
	if r.comparable(ids) {
		items = append(items, fyne.NewMenuItem(i18n.T("compare.menu.chosen"), func() { r.compare(ids) }))
	}
	return items
}

// getIn reads exchanges of a list without the secrets that are hidden.
func (r *rowActions) getIn(tiers *history.Tiers) func(flow.ID) (flow.Exchange, bool) {
	return func(id flow.ID) (flow.Exchange, bool) { return r.secrets.exchange(tiers.Get(id)) }
}

// comparable reports whether rows can be compared: two, or one with the one that was chosen.
func (r *rowActions) comparable(ids []flow.ID) bool {
	return len(ids) == 2 || len(ids) == 1 && r.chosen.tab != nil && r.chosen != chosenRow{r.tab, ids[0]}
}

// compare shows two exchanges side by side: of two selected ones the earlier first, else the
// one that was chosen.
func (r *rowActions) compare(ids []flow.ID) {
	if !r.comparable(ids) {
		return
	}
	deps := r.compareDeps()
	if len(ids) == 2 {
		comparison.Open(deps, min(ids[0], ids[1]), max(ids[0], ids[1]))
		return
	}
	deps.Get, deps.Second = r.getIn(r.chosen.tab.tiers), r.getIn(r.tiers)
	if r.chosen.tab != r.tab {
		deps.Names = [2]string{tabName(r.chosen.tab), tabName(r.tab)}
	}
	r.marks.notices.withdraw(ofComparing) // it has been done; the row stays chosen
	comparison.Open(deps, r.chosen.id, ids[0])
}

// compareVersions shows the messages of an exchange as they came beside what rules, or a person at a
// breakpoint, made of them.
func (r *rowActions) compareVersions(tiers *history.Tiers, id flow.ID) {
	deps, get := r.compareDeps(), r.getIn(tiers)
	version := func(of func(*flow.Exchange) flow.Exchange) func(flow.ID) (flow.Exchange, bool) {
		return func(id flow.ID) (flow.Exchange, bool) {
			x, ok := get(id)
			return of(&x), ok
		}
	}
	deps.Get, deps.Second = version((*flow.Exchange).Came), version((*flow.Exchange).Went)
	deps.Names = [2]string{i18n.T("details.came"), i18n.T("details.went")}
	comparison.Open(deps, id, id)
}

// choose keeps a row to be compared with another, of this tab or of another.
func (r *rowActions) choose(ids []flow.ID) {
	if len(ids) != 1 {
		return
	}
	r.chosen = chosenRow{r.tab, ids[0]}
	r.marks.notices.answer(notice{source: source{kind: ofComparing}, good: true,
		text: i18n.T("compare.chosen", words.CountText(uint64(ids[0])), compareKey().Text())})
}

// whyNotCompared says what to do so that two rows can be compared.
func (r *rowActions) whyNotCompared() string {
	switch n := len(r.selection()); {
	case r.chosen.tab != nil:
		return i18n.T("compare.why.other", words.CountText(uint64(r.chosen.id)))
	case n == 1:
		return i18n.T("compare.why.one", chooseKey().Text())
	case n > 2:
		return i18n.T("compare.why.many")
	}
	return i18n.T("compare.why.none")
}

// forget forgets what was chosen of a tab that is closed.
func (c *chosenRow) forget(t *tab) {
	if c.tab == t {
		*c = chosenRow{}
	}
}
