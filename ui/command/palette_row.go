package command

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// paletteRow is a command in the palette: its check mark, its name, the menus that
// lead to it, and its key. Where it cannot be done now it is grey, and says why
// behind the menus.
type paletteRow struct {
	widget.BaseWidget
	style.AppTheme
	palette *Palette
	at      int

	back  *canvas.Rectangle
	check *widget.Icon
	name  *canvas.Text
	path  *canvas.Text
	key   *canvas.Text
}

var (
	_ fyne.Tappable     = (*paletteRow)(nil)
	_ desktop.Hoverable = (*paletteRow)(nil)
)

func newPaletteRow(p *Palette) *paletteRow {
	text := func(size float32) *canvas.Text {
		t := canvas.NewText("", color.Black)
		t.TextSize = size
		return t
	}
	r := &paletteRow{palette: p, back: canvas.NewRectangle(color.Transparent), check: widget.NewIcon(theme.ConfirmIcon()),
		name: text(style.TextSize), path: text(12), key: text(12)}
	r.back.CornerRadius = 4
	r.ExtendBaseWidget(r)
	return r
}

// show draws the command at a place of what was found.
func (r *paletteRow) show(at int) {
	if at >= len(r.palette.found) {
		return
	}
	r.at = at
	c := &r.palette.found[at]
	ink, second := theme.Color(theme.ColorNameForeground), style.ThemeColor(style.ColorMuted)
	if !c.command.enabled() {
		ink, second = theme.Color(theme.ColorNameDisabled), theme.Color(theme.ColorNameDisabled)
	}
	uiwidget.SetShown(r.check, c.command.checked())
	r.back.FillColor = color.Transparent
	if at == r.palette.at {
		r.back.FillColor = style.ThemeColor(style.ColorRowSelected)
	}
	uiwidget.SetText(r.key, c.command.KeyText(), second)
	uiwidget.SetText(r.name, style.CutText(c.name, r.room()), ink)
	beside := c.path
	if why := c.command.whyNot(); why != "" {
		beside += whyMark + why
	}
	uiwidget.SetText(r.path, uiwidget.CutToWidth(beside, r.room()-r.name.MinSize().Width, r.path.TextSize), second)
	r.Refresh()
}

const (
	paletteLeft  = 30 // of the names: the check mark stands before
	paletteSpace = 12 // between the texts

	whyMark = " · " // before why a command cannot be done
)

// room is the width that name and path have.
func (r *paletteRow) room() float32 {
	room := float32(paletteWidth - paletteLeft - 2*paletteSpace)
	if r.key.Text != "" {
		room -= r.key.MinSize().Width + paletteSpace
	}
	return room
}

// Tapped does what the row says.
func (r *paletteRow) Tapped(*fyne.PointEvent) { r.palette.run(r.at) }

// MouseIn does nothing: the list comes to rest under the pointer, and what is chosen
// by the keyboard stays.
func (r *paletteRow) MouseIn(*desktop.MouseEvent) {}

// MouseMoved chooses the row.
func (r *paletteRow) MouseMoved(*desktop.MouseEvent) {
	if r.palette.at != r.at {
		r.palette.at = r.at
		r.palette.rows.Refresh()
	}
}

func (r *paletteRow) MouseOut() {}

func (r *paletteRow) CreateRenderer() fyne.WidgetRenderer { return &paletteRowRenderer{r} }

type paletteRowRenderer struct{ r *paletteRow }

func (p *paletteRowRenderer) MinSize() fyne.Size { return fyne.NewSize(200, style.RowHeight) }

func (p *paletteRowRenderer) Layout(size fyne.Size) {
	r := p.r
	r.back.Resize(size)
	r.check.Resize(fyne.NewSize(16, 16))
	r.check.Move(fyne.NewPos(8, (size.Height-16)/2))
	middle := func(t *canvas.Text, x float32) {
		least := t.MinSize()
		t.Resize(least)
		t.Move(fyne.NewPos(x, (size.Height-least.Height)/2))
	}
	middle(r.name, paletteLeft)
	middle(r.path, paletteLeft+r.name.MinSize().Width+paletteSpace)
	middle(r.key, size.Width-paletteSpace-r.key.MinSize().Width)
}

func (p *paletteRowRenderer) Refresh() {
	p.Layout(p.r.Size())
	for _, o := range p.Objects() {
		o.Refresh()
	}
}

func (p *paletteRowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{p.r.back, p.r.check, p.r.name, p.r.path, p.r.key}
}

func (p *paletteRowRenderer) Destroy() {}
