package details

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// severalPane is what the details show while several exchanges are selected: how many
// they are, and what they come to. It belongs to the UI goroutine.
type severalPane struct {
	tabs   *uiwidget.TabBar // of the one page, where the tabs of an exchange stand else
	title  *uiwidget.CutLabel
	facts  *factTable
	page   *fyne.Container
	object fyne.CanvasObject

	ids     []flow.ID
	hidden  int      // of those selected, how many are not shown and not among ids
	read    *summary // nil until they were read
	loading bool
	changed bool      // since they were read
	nextAt  time.Time // they are read again no sooner
}

func newSeveralPane(copyText func(string)) *severalPane {
	p := &severalPane{title: uiwidget.NewCutLabel(theme.ColorNameForeground), facts: newFactTable(copyText)}
	p.tabs = uiwidget.NewTabBar(func(int) {})
	p.tabs.Hide()
	p.title.Shown.TextSize, p.title.Bold = 15, true
	p.page = container.New(uiwidget.TightColumn{}, uiwidget.NewLowered(inset(p.title)), uiwidget.NewLowered(p.facts))
	p.object = container.NewVScroll(p.page)
	p.object.Hide()
	return p
}

// ShowSeveral shows what several exchanges come to; hidden is how many more are selected
// and not shown in the list. Called again with the same it does nothing.
func (d *Details) ShowSeveral(ids []flow.ID, hidden int) {
	p := d.several
	if p.object.Visible() && p.hidden == hidden && slices.Equal(p.ids, ids) {
		return
	}
	if !p.object.Visible() {
		d.Clear()
		p.show(d, true)
		p.nextAt = time.Time{}
	}
	p.ids, p.hidden, p.changed, p.loading = ids, hidden, true, false
	d.SetHidden(false)
	p.draw(d)
	p.follow(d)
}

// show puts the page into sight, or those of an exchange.
func (p *severalPane) show(d *Details, on bool) {
	uiwidget.SetShown(p.object, on)
	uiwidget.SetShown(d.Tabs, !on)
	uiwidget.SetShown(p.tabs, on)
}

// ChangedSeveral reads them again, where any of these rows is among them or there were too
// many to name.
func (d *Details) ChangedSeveral(rows []flow.ID, many bool) {
	p := d.several
	among := func(id flow.ID) bool { _, ok := slices.BinarySearch(p.ids, id); return ok }
	if p.object.Visible() && (many || slices.ContainsFunc(rows, among)) {
		p.changed = true
		p.follow(d)
	}
}

// Several reports whether the pane shows what several exchanges come to.
func (d *Details) Several() bool { return d.several.object.Visible() }

// leaveSeveral forgets them.
func (d *Details) leaveSeveral() {
	p := d.several
	if p.object.Visible() {
		p.show(d, false)
		p.ids, p.read = nil, nil
	}
}

// follow reads them again where they have changed, at its time.
func (p *severalPane) follow(d *Details) {
	if p.loading || !p.changed {
		return
	}
	p.loading, p.changed = true, false
	ids := p.ids
	d.worker.PostAt(document.TaskShow, p.nextAt, func(ctx context.Context) {
		begun := time.Now()
		s := summarise(ctx, ids, d.deps.Row)
		took := time.Since(begun)
		d.worker.HandOver(ctx, func() {
			p.loading, p.read = false, s
			p.nextAt = time.Now().Add(max(liveInterval, liveShare*took))
			p.draw(d)
			p.follow(d)
		})
	})
}

// draw draws what is known of them.
func (p *severalPane) draw(d *Details) {
	if !p.object.Visible() {
		return
	}
	d.empty.show(false, false, false)
	text := i18n.N("several.selected", len(p.ids), words.CountText(len(p.ids)))
	if p.hidden > 0 {
		text = i18n.T("several.hidden", text, words.CountText(p.hidden))
	}
	p.title.Set(text)
	if p.read != nil {
		p.facts.show(p.read.facts())
	}
	p.page.Refresh()
	if d.deps.Drawn != nil {
		d.deps.Drawn()
	}
}
