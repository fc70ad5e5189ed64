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
type GroupRow struct {
	widget.BaseWidget
	s    *Sidebar
	key  string // of its filter word
	Name string // "" for a row that stands for none

	under  bool   // a host below its domain
	full   string // the text before it was cut
	cut    float32
	hover  bool
	Active bool
	back   *canvas.Rectangle
	mark   *canvas.Rectangle
	Text   *canvas.Text
	Count  *canvas.Text
	Icon   *uiwidget.ProgramIconCell // nil: the row has no room for one
	Glyph  *canvas.Image             // in its place
	tint   color.Color               // that the glyph was drawn in
}

func NewGroupRow(s *Sidebar, key string) *GroupRow {
	r := &GroupRow{s: s, key: key, back: canvas.NewRectangle(color.Transparent), mark: canvas.NewRectangle(color.Transparent),
		Text: newSideText(style.TextSize), Count: newSideText(12)}
	r.Count.Alignment = fyne.TextAlignTrailing
	if s.icons != nil && key == Sections[1].key {
		r.Icon = uiwidget.NewProgramIconCell()
		r.Glyph = &canvas.Image{Resource: uiwidget.ProgramGlyph, FillMode: canvas.ImageFillContain}
		r.Glyph.Hidden = true
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
func (r *GroupRow) show(text string, count int, active, plain bool) {
	tint := theme.Color(theme.ColorNameForeground)
	if !plain || count == 0 {
		tint = style.ThemeColor(style.ColorMuted)
	}
	number := words.CountText(count)
	r.Active = active
	r.paintBack()
	uiwidget.SetText(r.Count, number, style.ThemeColor(style.ColorMuted))
	if room := r.room(number); text != r.full || room != r.cut {
		r.full, r.cut = text, room
		text = style.CutText(text, room)
	} else {
		text = r.Text.Text
	}
	uiwidget.SetText(r.Text, text, tint)
}

// setUnder has the name of a host stand below its domain's.
func (r *GroupRow) setUnder(under bool) {
	if r.under != under {
		r.under = under
		r.placeText(r.Size())
	}
}

func (r *GroupRow) placeText(size fyne.Size) {
	at := sideMargin + r.indent()
	r.Text.Move(fyne.NewPos(at, 0))
	r.Text.Resize(fyne.NewSize(max(0, size.Width-sideMargin-at), size.Height))
}

// showIcon draws the icon of the program, once it is known; one without an icon has
// a glyph.
func (r *GroupRow) showIcon(icon *appicon.Icon, known bool) {
	if r.Icon == nil {
		return
	}
	r.Icon.Show(icon, fyne.NewPos(sideMargin, uiwidget.ProgramIconTop))
	uiwidget.SetShown(r.Glyph, known && icon == nil)
	if tint := theme.Color(theme.ColorNamePlaceHolder); r.tint != tint { // of another theme
		r.tint = tint
		r.Glyph.Refresh()
	}
}

// indent is the room before the name: of an icon, or of a host below its domain.
func (r *GroupRow) indent() float32 {
	switch {
	case r.Icon != nil:
		return uiwidget.ProgramIconRoom
	case r.under:
		return sideMargin
	}
	return 0
}

// room is how wide the name may be.
func (r *GroupRow) room(number string) float32 {
	return r.Size().Width - 3*sideMargin - r.indent() - float32(len(number))*style.RuneWidth('0')
}

func (r *GroupRow) paintBack() {
	var fill, mark color.Color = color.Transparent, color.Transparent
	switch {
	case r.Active:
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
func (r *GroupRow) Tapped(*fyne.PointEvent) { r.s.tapped(r) }

// TappedSecondary opens the row's menu.
func (r *GroupRow) TappedSecondary(e *fyne.PointEvent) {
	if r.Name != "" {
		r.s.OnMenu(r.key, r.Name, e.AbsolutePosition)
	}
}

// MouseIn marks the row and holds the order.
func (r *GroupRow) MouseIn(*desktop.MouseEvent) {
	r.hover = true
	r.paintBack()
	r.s.Hold(true)
}

// MouseMoved does nothing.
func (r *GroupRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the mark away.
func (r *GroupRow) MouseOut() {
	r.hover = false
	r.paintBack()
	r.s.Hold(false)
}

// CreateRenderer is the toolkit's.
func (r *GroupRow) CreateRenderer() fyne.WidgetRenderer { return &groupRowRenderer{r} }

type groupRowRenderer struct{ r *GroupRow }

func (g *groupRowRenderer) Layout(size fyne.Size) {
	r := g.r
	r.back.Resize(size)
	r.mark.Resize(fyne.NewSize(3, size.Height))
	r.placeText(size)
	r.Count.Move(fyne.NewPos(sideMargin, 0))
	r.Count.Resize(fyne.NewSize(max(0, size.Width-2*sideMargin), size.Height))
	if r.Glyph != nil {
		r.Glyph.Move(fyne.NewPos(sideMargin, uiwidget.ProgramIconTop))
		r.Glyph.Resize(fyne.NewSquareSize(uiwidget.ProgramIconSize))
	}
	if room := r.room(r.Count.Text); room != r.cut {
		r.cut = room
		r.Text.Text = style.CutText(r.full, room)
		r.Text.Refresh()
	}
}

func (*groupRowRenderer) MinSize() fyne.Size { return fyne.NewSize(60, style.RowHeight) }

// Refresh comes with new colours; rows of lists are drawn by their list.
func (g *groupRowRenderer) Refresh() {
	if g.r == g.r.s.All {
		g.r.s.showAll()
	}
}

func (*groupRowRenderer) Destroy() {}

func (g *groupRowRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{g.r.back, g.r.mark, g.r.Text, g.r.Count}
	if g.r.Icon != nil {
		all = append(all, g.r.Icon.Picture, g.r.Glyph)
	}
	return all
}

var (
	_ fyne.Tappable          = (*GroupRow)(nil)
	_ fyne.SecondaryTappable = (*GroupRow)(nil)
	_ desktop.Hoverable      = (*GroupRow)(nil)
	_ fyne.Tappable          = (*groupHead)(nil)
)
