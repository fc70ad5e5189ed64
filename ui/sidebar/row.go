package sidebar

import (
	"image/color"

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

// sideMargin is left and right of the sidebar's texts.
const sideMargin = 10

// groupRow is one host or app, and how many requests it has.
type groupRow struct {
	widget.BaseWidget
	style.AppTheme
	s    *Sidebar
	key  string // of its filter word
	name string // "" for a row that stands for none

	under  bool   // a host below its domain
	full   string // the text before it was cut
	cut    float32
	hover  bool
	active bool
	back   *canvas.Rectangle
	mark   *canvas.Rectangle
	text   *canvas.Text
	count  *canvas.Text
	icon   *uiwidget.ProgramIconCell // nil: the row has no room for one
	glyph  *canvas.Image             // in its place
	tint   color.Color               // that the glyph was drawn in
}

func newGroupRow(s *Sidebar, key string) *groupRow {
	r := &groupRow{s: s, key: key, back: canvas.NewRectangle(color.Transparent), mark: canvas.NewRectangle(color.Transparent),
		text: newSideText(style.TextSize), count: newSideText(12)}
	r.count.Alignment = fyne.TextAlignTrailing
	if s.deps.Icons != nil && key == sections[1].key {
		r.icon = uiwidget.NewProgramIconCell()
		r.glyph = &canvas.Image{Resource: uiwidget.ProgramGlyph, FillMode: canvas.ImageFillContain}
		r.glyph.Hidden = true
	}
	r.ExtendBaseWidget(r)
	return r
}

func newSideText(size float32) *canvas.Text {
	t := canvas.NewText("", color.Black)
	t.TextSize = size
	return t
}

// show draws the row; plain is a row that can be clicked.
func (r *groupRow) show(text string, count int, active, plain bool) {
	tint := theme.Color(theme.ColorNameForeground)
	if !plain || count == 0 {
		tint = style.ThemeColor(style.ColorMuted)
	}
	number := words.CountText(count)
	r.active = active
	r.paintBack()
	uiwidget.SetText(r.count, number, style.ThemeColor(style.ColorMuted))
	if room := r.room(number); text != r.full || room != r.cut {
		r.full, r.cut = text, room
		text = style.CutText(text, room)
	} else {
		text = r.text.Text
	}
	uiwidget.SetText(r.text, text, tint)
}

// setUnder has the name of a host stand below its domain's.
func (r *groupRow) setUnder(under bool) {
	if r.under != under {
		r.under = under
		r.placeText(r.Size())
	}
}

func (r *groupRow) placeText(size fyne.Size) {
	at := sideMargin + r.indent()
	r.text.Move(fyne.NewPos(at, 0))
	r.text.Resize(fyne.NewSize(max(0, size.Width-sideMargin-at), size.Height))
}

// showIcon draws the icon of the program, once it is known; one without an icon has
// a glyph.
func (r *groupRow) showIcon(icon *appicon.Icon, known bool) {
	if r.icon == nil {
		return
	}
	r.icon.Show(icon, fyne.NewPos(sideMargin, uiwidget.ProgramIconTop))
	uiwidget.SetShown(r.glyph, known && icon == nil)
	if tint := theme.Color(theme.ColorNamePlaceHolder); r.tint != tint { // of another theme
		r.tint = tint
		r.glyph.Refresh()
	}
}

// indent is the room before the name: of an icon, or of a host below its domain.
func (r *groupRow) indent() float32 {
	switch {
	case r.icon != nil:
		return uiwidget.ProgramIconRoom
	case r.under:
		return sideMargin
	}
	return 0
}

// room is how wide the name may be.
func (r *groupRow) room(number string) float32 {
	return r.Size().Width - 3*sideMargin - r.indent() - float32(len(number))*style.RuneWidth('0')
}

func (r *groupRow) paintBack() {
	var fill, mark color.Color = color.Transparent, color.Transparent
	switch {
	case r.active:
		fill, mark = style.ThemeColor(style.ColorRowSelected), theme.Color(theme.ColorNamePrimary)
	case r.hover:
		fill = theme.Color(theme.ColorNameHover)
	}
	for _, p := range []struct {
		r    *canvas.Rectangle
		fill color.Color
	}{{r.back, fill}, {r.mark, mark}} {
		if p.r.FillColor != p.fill {
			p.r.FillColor = p.fill
			p.r.Refresh()
		}
	}
}

// Tapped narrows the list to this row, or widens it again.
func (r *groupRow) Tapped(*fyne.PointEvent) { r.s.tapped(r) }

// TappedSecondary opens the row's menu.
func (r *groupRow) TappedSecondary(e *fyne.PointEvent) {
	if r.name != "" {
		r.s.deps.Menu(r.key, r.name, e.AbsolutePosition)
	}
}

// MouseIn marks the row and holds the order.
func (r *groupRow) MouseIn(*desktop.MouseEvent) {
	r.hover = true
	r.paintBack()
	r.s.hold(true)
}

// MouseMoved does nothing.
func (r *groupRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the mark away.
func (r *groupRow) MouseOut() {
	r.hover = false
	r.paintBack()
	r.s.hold(false)
}

func (r *groupRow) CreateRenderer() fyne.WidgetRenderer { return &groupRowRenderer{r} }

type groupRowRenderer struct{ r *groupRow }

func (g *groupRowRenderer) Layout(size fyne.Size) {
	r := g.r
	r.back.Resize(size)
	r.mark.Resize(fyne.NewSize(3, size.Height))
	r.placeText(size)
	r.count.Move(fyne.NewPos(sideMargin, 0))
	r.count.Resize(fyne.NewSize(max(0, size.Width-2*sideMargin), size.Height))
	if r.glyph != nil {
		r.glyph.Move(fyne.NewPos(sideMargin, uiwidget.ProgramIconTop))
		r.glyph.Resize(fyne.NewSquareSize(uiwidget.ProgramIconSize))
	}
	if room := r.room(r.count.Text); room != r.cut {
		r.cut = room
		r.text.Text = style.CutText(r.full, room)
		r.text.Refresh()
	}
}

func (*groupRowRenderer) MinSize() fyne.Size { return fyne.NewSize(60, style.RowHeight) }

// Refresh comes with new colours; rows of lists are drawn by their list.
func (g *groupRowRenderer) Refresh() {
	if g.r == g.r.s.all {
		g.r.s.showAll()
	}
}

func (*groupRowRenderer) Destroy() {}

func (g *groupRowRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{g.r.back, g.r.mark, g.r.text, g.r.count}
	if g.r.icon != nil {
		all = append(all, g.r.icon.Picture, g.r.glyph)
	}
	return all
}

var (
	_ fyne.Tappable          = (*groupRow)(nil)
	_ fyne.SecondaryTappable = (*groupRow)(nil)
	_ desktop.Hoverable      = (*groupRow)(nil)
	_ fyne.Tappable          = (*groupHead)(nil)
)
