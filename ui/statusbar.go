package ui

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"posthouse/app"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/rail"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

const meterWidth, meterHeight = 70, 6

// statusBar says how full the memory is, how many rows are shown of how many,
// and what is missing.
type statusBar struct {
	object fyne.CanvasObject
	counts *canvas.Text
	state  *canvas.Text
	open   *openSign
	// secrets says that secrets are hidden; a click shows them.
	secrets *statusSign
	// rules says that rules change what passes; a click shows them.
	rules *statusSign
	// waiting says how much waits at breakpoints; a click shows it.
	waiting *statusSign
	meter   *fyne.Container // of the memory, hidden while a session is in sight
	track   *canvas.Rectangle
	fill    *canvas.Rectangle
	disk    *diskMeter
}

func newStatusBar() *statusBar {
	b := &statusBar{counts: canvas.NewText("", color.Black), state: canvas.NewText("", color.Black),
		track: canvas.NewRectangle(color.Transparent), fill: canvas.NewRectangle(color.Transparent)}
	b.open, b.disk = newOpenSign(), newDiskMeter()
	b.secrets = newStatusSign(theme.VisibilityOffIcon(), theme.ColorNameForeground)
	b.rules = newStatusSign(theme.NewWarningThemedResource(theme.ListIcon()), theme.ColorNameWarning)
	b.waiting = newStatusSign(theme.NewWarningThemedResource(rail.WaitingIcon()), theme.ColorNameWarning)
	b.track.CornerRadius, b.fill.CornerRadius = 3, 3
	b.counts.TextSize, b.state.TextSize = 12, 12
	b.meter = container.New(meterLayout{}, b.track, b.fill)
	b.object = container.New(layout.NewCustomPaddedLayout(3, 3, 8, 8),
		container.NewBorder(nil, nil, container.NewHBox(b.meter, b.counts, b.disk),
			container.NewHBox(b.waiting, b.rules, b.secrets, b.open.statusSign, b.state)))
	return b
}

// meterLayout keeps the meter's place; the filling is sized by show.
type meterLayout struct{}

func (meterLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(meterWidth+4, 18) }

func (meterLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, (size.Height-meterHeight)/2))
	}
	objects[0].Resize(fyne.NewSize(meterWidth, meterHeight))
}

// show draws the totals.
func (b *statusBar) show(st flow.Stats, history app.HistoryStatus, shown, total int, state string) {
	parts := []string{i18n.T("status.memory", words.SizeText(st.MemoryUsed), words.SizeText(st.MemoryBudget)), rowsText(shown, total)}
	for _, c := range []struct {
		key string
		n   uint64
	}{{"status.evicted", nowhere(&st, &history)}, {"status.bodies", bodiesNowhere(&st, &history)}, {"status.unrecorded", st.NotRecorded}} {
		if c.n > 0 {
			parts = append(parts, i18n.T(c.key, words.CountText(c.n)))
		}
	}
	b.showTexts(parts, state)
	same := b.disk.show(history)
	if !same || !b.meter.Visible() {
		b.meter.Show()
		b.object.Refresh()
	}
	share := float32(0)
	if st.MemoryBudget > 0 {
		share = min(1, float32(st.MemoryUsed)/float32(st.MemoryBudget))
	}
	b.track.FillColor = theme.Color(theme.ColorNameSeparator)
	b.fill.FillColor = style.ThemeColor(style.ColorInfo)
	b.fill.Resize(fyne.NewSize(max(meterHeight, meterWidth*share), meterHeight))
	b.fill.Hidden = st.MemoryUsed == 0
	b.track.Refresh()
	b.fill.Refresh()
}

// showSession says what is in a session in place of what memory and disk hold.
func (b *statusBar) showSession(t *tab, state string) {
	b.showTexts(append([]string{i18n.T("status.session", t.name()), rowsText(t.model.Len(), t.last.Total)}, t.marks()...), state)
	if b.meter.Visible() {
		b.meter.Hide()
		b.disk.Hide()
		b.object.Refresh()
	}
}

// showTexts draws what there is, and how the proxy stands.
func (b *statusBar) showTexts(parts []string, state string) {
	uiwidget.SetText(b.counts, strings.Join(parts, "  ·  "), style.ThemeColor(style.ColorMuted))
	uiwidget.SetText(b.state, state, style.ThemeColor(style.ColorMuted))
	b.showOpen()
	b.rules.say(b.rules.label.Text)
	b.waiting.say(b.waiting.label.Text)
	b.secrets.say(b.secrets.label.Text) // in the colour of the theme in force
}

// rowsText is how many rows are shown of how many.
func rowsText(shown, total int) string {
	if shown == total {
		return i18n.N("status.rows", total, words.CountText(total))
	}
	return i18n.T("status.filtered", words.CountText(shown), words.CountText(total))
}

// nowhere is how many rows left memory and are not on the disk either.
func nowhere(st *flow.Stats, h *app.HistoryStatus) uint64 {
	if !h.On {
		return st.Evicted
	}
	return min(st.Evicted, notOnDisk(&h.Stats.NotOnDisk))
}

// bodiesNowhere is that of bodies.
func bodiesNowhere(st *flow.Stats, h *app.HistoryStatus) uint64 {
	if !h.On {
		return st.EvictedBody
	}
	return min(st.EvictedBody, notOnDisk(&h.Stats.NotOnDisk)+h.Stats.NotOnDisk.Bodies)
}
