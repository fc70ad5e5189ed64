package rules

import (
	"image/color"

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
	"posthouse/ui/words"
)

// row is one line of the list: a rule, whether it is on, what it is called, when and what it
// does; or a folder. It can be dragged to another place.
type row struct {
	widget.BaseWidget
	room   *Room
	line   int
	object fyne.CanvasObject
	indent *canvas.Rectangle
	fold   *widget.Icon
	on     *widget.Check
	name   *uiwidget.CutLabel
	what   *uiwidget.CutLabel
	hits   *canvas.Text
}

// indentWidth is how far the rules of a folder stand to the right of its name.
const indentWidth = 20

func newRow(r *Room) *row {
	w := &row{room: r, on: widget.NewCheck("", nil), name: uiwidget.NewCutLabel(theme.ColorNameForeground), line: -1,
		what: uiwidget.NewCutLabel(style.ColorMuted), hits: canvas.NewText("", style.ThemeColor(style.ColorMuted)),
		indent: canvas.NewRectangle(color.Transparent), fold: widget.NewIcon(theme.MenuDropDownIcon())}
	w.name.Bold = true
	w.hits.TextSize, w.what.Shown.TextSize = 11, 11
	w.indent.SetMinSize(fyne.NewSize(indentWidth, 1))
	w.object = container.New(rowLayout{}, w.indent, w.fold, w.on, container.New(uiwidget.TightColumn{}, w.name, w.what), w.hits)
	w.ExtendBaseWidget(w)
	return w
}

// rowLayout has gaps of its own: the toolkit's are none or four wide, as it happens to lay out a
// row inside or outside of a list without gaps between its rows.
type rowLayout struct{}

const rowGap = 4

func (rowLayout) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range objects {
		if o.Visible() {
			m := o.MinSize()
			size = fyne.NewSize(size.Width+m.Width+rowGap, max(size.Height, m.Height))
		}
	}
	return size
}

// Layout gives what the others leave to the fourth.
func (rowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	put := func(o fyne.CanvasObject, x, width float32) {
		height := o.MinSize().Height
		o.Move(fyne.NewPos(x, (size.Height-height)/2))
		o.Resize(fyne.NewSize(width, height))
	}
	x := float32(0)
	for _, o := range objects[:3] {
		if o.Visible() {
			put(o, x, o.MinSize().Width)
			x += o.MinSize().Width + rowGap
		}
	}
	text, hits := objects[3], objects[4]
	end := size.Width - rowGap - hits.MinSize().Width
	put(hits, end, hits.MinSize().Width)
	put(text, x, max(0, end-rowGap-x))
}

var _ fyne.Draggable = (*row)(nil)

func (w *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.object) }

// Dragged shows where the line would go; DragEnd takes it there.
func (w *row) Dragged(e *fyne.DragEvent) { w.room.list.drag.over(w, e.AbsolutePosition) }

func (w *row) DragEnd() { w.room.list.drag.drop() }

// show shows the i-th line.
func (w *row) show(i int) {
	r := w.room
	if i >= len(r.lines) {
		return
	}
	w.line = i
	l := r.lines[i]
	w.place(l.rule < 0, l.rule >= 0 && l.folder != "")
	on := true
	for _, one := range l.rules() {
		on = on && !r.set.Rules[one].Off
	}
	w.on.OnChanged = nil
	w.on.SetChecked(on)
	w.on.OnChanged = func(on bool) { order{r}.turn(on, l.rules()...) }
	w.hits.Color = style.ThemeColor(style.ColorMuted)
	if l.rule < 0 {
		w.showFolder(&l)
	} else {
		w.showRule(l.rule)
	}
	w.hits.Refresh()
}

// place shows the sign of a folder, or the space before a rule in one.
func (w *row) place(fold, indent bool) {
	if w.fold.Visible() != fold || w.indent.Visible() != indent {
		uiwidget.SetShown(w.fold, fold)
		uiwidget.SetShown(w.indent, indent)
		w.object.Refresh()
	}
}

func (w *row) showFolder(l *line) {
	icon := theme.MenuDropDownIcon()
	if w.room.folded.has(l.folder) {
		icon = theme.MenuExpandIcon()
	}
	w.fold.SetResource(icon)
	w.name.Set(visible.Text(l.folder))
	n := l.to - l.from
	w.what.Set(i18n.N("rules.folder.rules", n, words.CountText(n)))
	w.hits.Text = ""
}

func (w *row) showRule(i int) {
	r := w.room
	c := r.set.Rules[i]
	w.name.Set(ruleName(c))
	when := c.When
	if when == "" {
		when = i18n.T("rules.always")
	}
	what := visible.Text(when) + "  ·  " + does(c)
	if i < len(r.trial.verdicts()) {
		what = verdictText(&r.trial.verdicts()[i]) + "  ·  " + what
	}
	w.what.Set(what)
	w.hits.Text = hitsText(c)
}

// ruleName is what a rule is called, or its number.
func ruleName(c *rules.Compiled) string {
	if c.Name == "" {
		return i18n.T("rules.unnamed", c.Number)
	}
	return visible.Text(c.Name)
}

// verdictText is whether a rule applies to the request that is tried, and if not why.
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
	case v.Closed:
		return i18n.T("rules.verdict.closed")
	case v.Part != "":
		return i18n.T("rules.verdict.part", visible.Text(v.Part))
	}
	return i18n.T("rules.verdict.not")
}
