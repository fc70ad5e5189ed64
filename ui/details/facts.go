package details

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/clients/appicon"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// fact is one line of a factTable.
type fact struct {
	name, value string
	level       int  // how far it is indented
	title       bool // the value stands above those that follow
	icon        *appicon.Icon
}

const (
	levelIndent float32 = 14
	maxLevel    int     = 8
)

func (f *fact) indent() float32 { return levelIndent * float32(min(f.level, maxLevel)) }

// factTable shows names and values in two columns. A click copies the value
// under the mouse.
type factTable struct {
	widget.BaseWidget
	copyText func(string)
	facts    []fact
	over     int // under the mouse, -1 for none
	copied   int // copied last, -1 for none

	names, values []*canvas.Text
	more          []*canvas.Text // further lines of values that are broken
	wrap          bool           // values are broken where they are too long, not cut
	lines         [][]string     // of each value, as it is drawn
	tops          []float32      // where each fact begins; one more for the end
	width         float32        // for which lines and tops were made
	back          *canvas.Rectangle
	sign          *canvas.Image
	icon          *uiwidget.ProgramIconCell // of the one fact that has one
}

const (
	factHeight float32 = 21
	factSpace  float32 = 16 // between names and values
)

var (
	_ fyne.Tappable     = (*factTable)(nil)
	_ desktop.Hoverable = (*factTable)(nil)
)

func newFactTable(copyText func(string)) *factTable {
	f := &factTable{copyText: copyText, over: -1, copied: -1, back: canvas.NewRectangle(color.Transparent),
		icon: uiwidget.NewProgramIconCell()}
	f.sign = &canvas.Image{FillMode: canvas.ImageFillContain}
	f.ExtendBaseWidget(f)
	return f
}

func (f *factTable) show(facts []fact) {
	if slices.Equal(f.facts, facts) {
		return
	}
	if len(f.facts) != len(facts) {
		f.over, f.copied = -1, -1
	}
	f.facts = facts
	f.arrange(f.width)
	for len(f.names) < len(facts) {
		name, value := uiwidget.BarText(), canvas.NewText("", color.Transparent)
		name.TextSize, value.TextSize = style.MonoSize, style.MonoSize
		f.names, f.values = append(f.names, name), append(f.values, value)
	}
	f.Refresh()
}

// Tapped copies a value.
func (f *factTable) Tapped(e *fyne.PointEvent) {
	if i := f.at(e.Position.Y); i >= 0 {
		f.copied = i
		f.copyText(f.facts[i].value)
		f.Refresh()
	}
}

func (f *factTable) MouseIn(e *desktop.MouseEvent) { f.MouseMoved(e) }

func (f *factTable) MouseMoved(e *desktop.MouseEvent) {
	f.hover(f.at(e.Position.Y))
}

func (f *factTable) MouseOut() { f.hover(-1) }

func (f *factTable) hover(i int) {
	if i != f.over {
		f.over, f.copied = i, -1
		f.Refresh()
	}
}

func (f *factTable) MinSize() fyne.Size {
	f.ExtendBaseWidget(f)
	height := float32(len(f.facts)) * factHeight
	if n := len(f.tops); n > 0 {
		height = f.tops[n-1]
	}
	return fyne.NewSize(240, height+4)
}

func (f *factTable) CreateRenderer() fyne.WidgetRenderer { return &factRenderer{f} }

type factRenderer struct{ f *factTable }

func (r *factRenderer) Layout(size fyne.Size) {
	f := r.f
	f.arrange(size.Width)
	left, more := f.left(), 0
	var icon *appicon.Icon
	iconAt := f.icon.Picture.Position()
	for i := range f.names {
		f.names[i].Hidden, f.values[i].Hidden = i >= len(f.facts), i >= len(f.facts)
		if i >= len(f.facts) {
			continue
		}
		uiwidget.PaintText(f.names[i], f.facts[i].name, style.ThemeColor(style.ColorMuted), false)
		one, name, value := &f.facts[i], style.LeftSpace+2+f.facts[i].indent(), left
		if one.title {
			value = name
		}
		y := f.tops[i]
		if one.icon != nil {
			icon, iconAt = one.icon, fyne.NewPos(value, y+(factHeight-uiwidget.ProgramIconSize)/2)
			value += uiwidget.ProgramIconRoom
		}
		uiwidget.PaintText(f.values[i], f.lines[i][0], style.ThemeColor(theme.ColorNameForeground), one.title)
		f.names[i].Move(fyne.NewPos(name, y+(factHeight-f.names[i].MinSize().Height)/2))
		f.values[i].Move(fyne.NewPos(value, y+(factHeight-f.values[i].MinSize().Height)/2))
		for n, line := range f.lines[i][1:] {
			t := f.more[more]
			more++
			uiwidget.PaintText(t, line, style.ThemeColor(theme.ColorNameForeground), one.title)
			t.Hidden = false
			t.Move(fyne.NewPos(value, y+factHeight+float32(n)*lineHeight+(lineHeight-t.MinSize().Height)/2))
		}
	}
	for _, t := range f.more[more:] {
		t.Hidden = true
	}
	f.icon.Show(icon, iconAt)
	r.layoutHover(size)
}

func (r *factRenderer) layoutHover(size fyne.Size) {
	f := r.f
	f.back.Hidden, f.sign.Hidden = f.over < 0, f.over < 0
	if f.over < 0 || f.over >= len(f.facts) {
		return
	}
	y, height := f.tops[f.over], f.tops[f.over+1]-f.tops[f.over]
	f.back.FillColor = style.ThemeColor(theme.ColorNameHover)
	f.back.Move(fyne.NewPos(4, y))
	f.back.Resize(fyne.NewSize(size.Width-8, height))
	f.sign.Resource = theme.ContentCopyIcon()
	if f.over == f.copied {
		f.sign.Resource = theme.ConfirmIcon()
	}
	f.sign.Refresh() // else the toolkit keeps the old one
	x := min(f.values[f.over].Position().X+f.values[f.over].MinSize().Width+6, size.Width-22)
	f.sign.Move(fyne.NewPos(x, y+(factHeight-13)/2))
	f.sign.Resize(fyne.NewSize(13, 13))
}

func (r *factRenderer) MinSize() fyne.Size { return r.f.MinSize() }

func (r *factRenderer) Refresh() {
	r.Layout(r.f.Size())
	canvas.Refresh(r.f)
}

func (r *factRenderer) Destroy() {}

func (r *factRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.f.back}
	for i := range r.f.names {
		all = append(all, r.f.names[i], r.f.values[i])
	}
	for _, t := range r.f.more {
		all = append(all, t)
	}
	return append(all, r.f.icon.Picture, r.f.sign)
}
