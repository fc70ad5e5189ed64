package compose

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// responsePane shows what came of a sending, with the details of Traffic, and leads through
// the sendings of the tab.
type responsePane struct {
	room    *Room
	details *details.Details
	title   *uiwidget.CutLabel
	before  *uiwidget.BarButton
	after   *uiwidget.BarButton
	compare *uiwidget.BarButton
	reveal  *uiwidget.BarButton
	hint    *widget.Label
	empty   fyne.CanvasObject
	object  fyne.CanvasObject
}

func newResponsePane(r *Room) *responsePane {
	p := &responsePane{room: r, details: details.New(r.deps.Details), title: uiwidget.NewCutLabel(theme.ColorNameForeground)}
	p.before = uiwidget.NewBarButton(theme.NavigateBackIcon(), func() { p.step(-1) })
	p.after = uiwidget.NewBarButton(theme.NavigateNextIcon(), func() { p.step(1) })
	p.compare = uiwidget.NewBarButton(nil, r.CompareLast)
	p.reveal = uiwidget.NewBarButton(nil, func() {
		if s := r.now.inSight(); s != nil && s.id != 0 {
			r.deps.Reveal(s.id)
		}
	})
	p.hint = widget.NewLabel("")
	p.hint.Wrapping, p.hint.Alignment = fyne.TextWrapWord, fyne.TextAlignCenter
	p.empty = container.NewStack(uiwidget.NewShade(theme.ColorNameInputBackground),
		container.NewVBox(layout.NewSpacer(), p.hint, layout.NewSpacer()))
	p.details.Tabs.Choose(details.TabResponse)
	p.object = uiwidget.NewPage(uiwidget.NewBar(p.title, p.before, p.after, p.compare, p.reveal),
		container.NewStack(p.details.Object(), p.empty))
	return p
}

// show shows the sending in sight.
func (p *responsePane) show() {
	t := p.room.now
	s := t.inSight()
	p.before.SetVisible(len(t.sends) > 1)
	p.after.SetVisible(len(t.sends) > 1)
	p.compare.SetVisible(p.room.Comparable())
	p.reveal.SetVisible(s != nil && s.id != 0)
	there := s != nil && s.id != 0
	if there {
		p.details.Show(s.id)
	} else {
		p.details.Clear()
	}
	uiwidget.SetShown(p.details.Object(), there)
	uiwidget.SetShown(p.empty, !there)
	p.tell(s)
}

// changed reads what came again, if it is in sight.
func (p *responsePane) changed(s *sent) {
	if s == p.room.now.inSight() && s.id != 0 {
		p.details.Changed(s.id)
		p.details.Tick()
		p.tell(s)
	}
}

// tell says how the sending in sight fared.
func (p *responsePane) tell(s *sent) {
	t := p.room.now
	if s == nil {
		p.title.SetColored("", style.ColorMuted)
		p.hint.SetText(i18n.T("compose.empty"))
		return
	}
	var parts []string
	if len(t.sends) > 1 {
		parts = append(parts, i18n.T("compose.place", t.at+1, len(t.sends)))
	}
	colour := theme.ColorNameForeground
	row, ok := p.row(s)
	switch {
	case ok:
		colour = style.StatusColorName(&row)
		parts = append(parts, rowText(&row)...)
	case s.problem != nil && s.id == 0:
		colour = theme.ColorNameError
		p.hint.SetText(i18n.T("compose.notsent", visible.Text(errorText(s.problem))))
		parts = append(parts, i18n.T("compose.notsent.short"))
	case s.ended && s.id == 0:
		p.hint.SetText(i18n.T("compose.unrecorded"))
		parts = append(parts, i18n.T("compose.unrecorded.short"))
	case s.id == 0:
		p.hint.SetText(i18n.T("compose.sending"))
		parts = append(parts, i18n.T("compose.sending"))
	}
	if s.hops > 0 {
		parts = append(parts, i18n.N("compose.hops", s.hops, s.hops))
	}
	if s.problem != nil && s.id != 0 {
		parts = append(parts, visible.Text(errorText(s.problem)))
	}
	p.title.SetColored(strings.Join(parts, "  ·  "), colour)
}

func (p *responsePane) row(s *sent) (flow.Row, bool) {
	if s.id == 0 {
		return flow.Row{}, false
	}
	return p.room.deps.Details.Row(s.id)
}

// rowText is status, size and time of a row.
func rowText(row *flow.Row) []string {
	now := time.Now()
	status := words.StatusText(row, now)
	if row.Phase == flow.PhaseFailed && row.Status == 0 {
		status = words.FailureText(row.Failure)
	}
	return []string{status, words.SizeText(row.ResponseSize), words.DurationText(words.Elapsed(row, now))}
}

// step goes to another sending of the tab.
func (p *responsePane) step(by int) {
	t := p.room.now
	if at := t.at + by; at >= 0 && at < len(t.sends) {
		t.at = at
		p.show()
		p.room.deps.Changed()
	}
}

func (p *responsePane) retranslate() {
	p.compare.SetLabel(i18n.T("compose.compare"))
	p.reveal.SetLabel(i18n.T("compose.reveal"))
	p.details.Retranslate()
}
