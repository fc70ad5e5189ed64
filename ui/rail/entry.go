package rail

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

const (
	entryHeight = 54
	iconSize    = 22
	nameSize    = 11
	markWidth   = 3 // of the mark at the chosen room
)

// entry is a room on the rail.
type entry struct {
	widget.BaseWidget
	rail     *Rail
	room     Room
	badge    Badge
	selected bool
	over     bool

	back, mark *canvas.Rectangle
	icon       *canvas.Image
	tint       fyne.ThemeColorName // that the icon was drawn in
	name       *canvas.Text
	spot       *canvas.Rectangle // of the badge
	number     *canvas.Text
}

var (
	_ fyne.Tappable     = (*entry)(nil)
	_ desktop.Hoverable = (*entry)(nil)
)

func newEntry(r *Rail, room Room) *entry {
	e := &entry{rail: r, room: room, back: canvas.NewRectangle(color.Transparent), mark: canvas.NewRectangle(color.Transparent),
		icon: &canvas.Image{FillMode: canvas.ImageFillContain}, name: canvas.NewText("", color.Black),
		spot: canvas.NewRectangle(color.Transparent), number: canvas.NewText("", color.Black)}
	e.name.TextSize, e.number.TextSize = nameSize, 10
	e.name.Alignment, e.number.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	e.number.TextStyle.Bold = true
	e.ExtendBaseWidget(e)
	return e
}

// Tapped chooses the room.
func (e *entry) Tapped(*fyne.PointEvent) { e.rail.chosen(e.room.ID) }

func (e *entry) MouseIn(*desktop.MouseEvent) { e.hover(true) }

func (e *entry) MouseMoved(*desktop.MouseEvent) {}

func (e *entry) MouseOut() { e.hover(false) }

func (e *entry) hover(on bool) {
	e.over = on
	e.Refresh()
}

// text is what the badge says: nothing for a dot.
func (b Badge) text() string {
	switch {
	case b.Number <= 0:
		return ""
	case b.Number > 99:
		return "99+"
	}
	return strconv.Itoa(b.Number)
}

func (e *entry) CreateRenderer() fyne.WidgetRenderer {
	r := &entryRenderer{e}
	r.paint()
	return r
}

type entryRenderer struct{ e *entry }

func (r *entryRenderer) MinSize() fyne.Size { return fyne.NewSize(Width-1, entryHeight) }

func (r *entryRenderer) Layout(size fyne.Size) {
	e := r.e
	e.back.Resize(size)
	e.mark.Resize(fyne.NewSize(markWidth, size.Height))
	e.icon.Resize(fyne.NewSquareSize(iconSize))
	e.icon.Move(fyne.NewPos((size.Width-iconSize)/2, 8))
	height := e.name.MinSize().Height
	e.name.Resize(fyne.NewSize(size.Width, height))
	e.name.Move(fyne.NewPos(0, size.Height-height-6))
	spot := fyne.NewSize(8, 8)
	if e.number.Text != "" {
		spot = fyne.NewSize(max(14, e.number.MinSize().Width+6), 14)
	}
	at := fyne.NewPos((size.Width+iconSize)/2-spot.Width/2, 6)
	e.spot.CornerRadius = spot.Height / 2
	e.spot.Resize(spot)
	e.spot.Move(at)
	e.number.Resize(fyne.NewSize(spot.Width, e.number.MinSize().Height))
	e.number.Move(at.AddXY(0, (spot.Height-e.number.MinSize().Height)/2))
}

func (r *entryRenderer) Refresh() {
	r.paint()
	r.Layout(r.e.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *entryRenderer) paint() {
	e := r.e
	tint := style.ColorMuted
	e.back.FillColor, e.mark.FillColor = color.Transparent, color.Transparent
	switch {
	case e.selected:
		tint = theme.ColorNameForeground
		e.back.FillColor, e.mark.FillColor = style.ThemeColor(style.ColorRowSelected), theme.Color(theme.ColorNamePrimary)
	case e.over:
		e.back.FillColor = style.ThemeColor(theme.ColorNameHover)
	}
	if e.tint != tint {
		e.tint = tint
		e.icon.Resource = themed(e.room.Icon, tint)
	}
	e.name.Color = style.ThemeColor(tint)
	e.name.Text = uiwidget.CutToWidth(i18n.T(e.room.Name), Width-4, nameSize)
	e.spot.Hidden = !e.badge.Dot && e.badge.Number <= 0
	e.spot.FillColor = theme.Color(theme.ColorNamePrimary)
	e.number.Hidden, e.number.Text = e.spot.Hidden, e.badge.text()
	e.number.Color = theme.Color(theme.ColorNameForegroundOnPrimary)
}

func (r *entryRenderer) Objects() []fyne.CanvasObject {
	e := r.e
	return []fyne.CanvasObject{e.back, e.mark, e.icon, e.name, e.spot, e.number}
}

func (r *entryRenderer) Destroy() {}
