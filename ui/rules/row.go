package rules

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
)

// row is one rule in the list: whether it is on, what it is called, when and what it does.
type row struct {
	widget.BaseWidget
	room   *Room
	object fyne.CanvasObject
	on     *widget.Check
	name   *uiwidget.CutLabel
	what   *uiwidget.CutLabel
	hits   *canvas.Text
}

func newRow(r *Room) *row {
	w := &row{room: r, on: widget.NewCheck("", nil), name: uiwidget.NewCutLabel(theme.ColorNameForeground),
		what: uiwidget.NewCutLabel(style.ColorMuted), hits: canvas.NewText("", style.ThemeColor(style.ColorMuted))}
	w.name.Bold = true
	w.hits.TextSize, w.what.Shown.TextSize = 11, 11
	w.object = container.NewBorder(nil, nil, w.on, container.NewCenter(w.hits), container.New(uiwidget.TightColumn{}, w.name, w.what))
	w.ExtendBaseWidget(w)
	return w
}

func (w *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.object) }

// show shows the i-th rule.
func (w *row) show(i int) {
	r := w.room
	if i >= len(r.rules()) {
		return
	}
	c := r.set.Rules[i]
	w.on.OnChanged = nil
	w.on.SetChecked(!c.Off)
	w.on.OnChanged = func(on bool) {
		r.turn(i, on)
	}
	name := c.Name
	if name == "" {
		name = i18n.T("rules.unnamed", c.Number)
	}
	w.name.Set(visible.Text(name))
	when := c.When
	if when == "" {
		when = i18n.T("rules.always")
	}
	what := visible.Text(when) + "  ·  " + does(c)
	if i < len(r.verdicts) {
		what = verdictText(&r.verdicts[i]) + "  ·  " + what
	}
	w.what.Set(what)
	w.hits.Text = hitsText(c)
	w.hits.Color = style.ThemeColor(style.ColorMuted)
	w.hits.Refresh()
}

// verdictText is whether a rule applies to the request that is selected, and if not why.
func verdictText(v *rules.Verdict) string {
	switch {
	case v.Off:
		return i18n.T("rules.verdict.off")
	case v.Behind != "":
		return i18n.T("rules.verdict.behind", visible.Text(v.Behind))
	case v.Applies:
		return i18n.T("rules.verdict.applies")
	case v.Open:
		return i18n.T("rules.verdict.open")
	case v.Part != "":
		return i18n.T("rules.verdict.part", visible.Text(v.Part))
	}
	return i18n.T("rules.verdict.not")
}
