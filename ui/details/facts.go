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
	"posthouse/ui/words"
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
	f := &factTable{copyText: copyText, over: -1, copied: -1, back: canvas.NewRectangle(color.Transparent), icon: uiwidget.NewProgramIconCell()}
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
	for len(f.names) < len(facts) {
		name, value := uiwidget.BarText(), canvas.NewText("", color.Transparent)
		name.TextSize, value.TextSize = style.MonoSize, style.MonoSize
		f.names, f.values = append(f.names, name), append(f.values, value)
	}
	f.Refresh()
}

// Tapped copies a value.
func (f *factTable) Tapped(e *fyne.PointEvent) {
	if i := int(e.Position.Y / factHeight); i >= 0 && i < len(f.facts) {
		f.copied = i
		f.copyText(f.facts[i].value)
		f.Refresh()
	}
}

func (f *factTable) MouseIn(e *desktop.MouseEvent) { f.MouseMoved(e) }

func (f *factTable) MouseMoved(e *desktop.MouseEvent) {
	if i := int(e.Position.Y / factHeight); i < len(f.facts) {
		f.hover(i)
	} else {
		f.hover(-1)
	}
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
	return fyne.NewSize(240, float32(len(f.facts))*factHeight+4)
}

func (f *factTable) CreateRenderer() fyne.WidgetRenderer { return &factRenderer{f} }

type factRenderer struct{ f *factTable }

func (r *factRenderer) Layout(size fyne.Size) {
	f, names := r.f, float32(0)
	for i := range f.facts {
		uiwidget.PaintText(f.names[i], f.facts[i].name, style.ThemeColor(style.ColorMuted), false)
		if !f.facts[i].title {
			names = max(names, f.facts[i].indent()+f.names[i].MinSize().Width)
		}
	}
	left := style.LeftSpace + 2 + names + factSpace
	var icon *appicon.Icon
	iconAt := f.icon.Picture.Position()
	for i := range f.names {
		f.names[i].Hidden, f.values[i].Hidden = i >= len(f.facts), i >= len(f.facts)
		if i >= len(f.facts) {
			continue
		}
		one, name, value := &f.facts[i], style.LeftSpace+2+f.facts[i].indent(), left
		if one.title {
			value = name
		}
		y := float32(i) * factHeight
		if one.icon != nil {
			icon, iconAt = one.icon, fyne.NewPos(value, y+(factHeight-uiwidget.ProgramIconSize)/2)
			value += uiwidget.ProgramIconRoom
		}
		uiwidget.PaintText(f.values[i], uiwidget.CutToWidth(words.VisibleText(one.value), size.Width-value-24, style.MonoSize), style.ThemeColor(theme.ColorNameForeground), one.title)
		f.names[i].Move(fyne.NewPos(name, y+(factHeight-f.names[i].MinSize().Height)/2))
		f.values[i].Move(fyne.NewPos(value, y+(factHeight-f.values[i].MinSize().Height)/2))
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
	y := float32(f.over) * factHeight
	f.back.FillColor = style.ThemeColor(theme.ColorNameHover)
	f.back.Move(fyne.NewPos(4, y))
	f.back.Resize(fyne.NewSize(size.Width-8, factHeight))
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
	return append(all, r.f.icon.Picture, r.f.sign)
}
