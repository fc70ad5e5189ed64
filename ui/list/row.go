package list

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/clients/appicon"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

const (
	cellPadding  = 8 // left and right of a cell's text
	rowBarHeight = 6
)

// rowHost is what a row asks of the list that it belongs to.
type rowHost interface {
	geometry() *ColumnLayout
	pressed(r *row, e *desktop.MouseEvent)
	released(r *row, e *desktop.MouseEvent)
	tapped(r *row)
	menu(r *row, at fyne.Position)
	hold(r *row, y float32, on bool)
	programs() *uiwidget.ProgramIcons
	overCell(o fyne.CanvasObject, in bool, words func() string)
}

// row draws one exchange with bare texts: a label in each cell would cost
// four hundred times as much.
type row struct {
	widget.BaseWidget
	style.AppTheme
	host              rowHost
	id                flow.ID
	of                *feed.Model // whose exchange it is
	row               flow.Row
	at                int // its place in the list
	hover             bool
	selected, striped bool
	cursor            bool // keys go on from here, and that is not said by being selected

	back  *canvas.Rectangle
	mark  *canvas.Rectangle // of the selected row
	cells []*canvas.Text
	full  []string // what the cells show, before it was cut
	over  int      // the column whose cell the pointer is on and has words, -1: none
	sign  *uiwidget.SignCell
	star  *uiwidget.StarCell
	color *uiwidget.MarkCell        // that a person marked the row with
	icon  *uiwidget.ProgramIconCell // of the program, in its column
	bar   *canvas.Rectangle
	wait  *canvas.Rectangle // the part of the bar before the first byte
	was   layoutVersion
}

type layoutVersion struct {
	version int
	width   float32
}

func newRow(host rowHost) *row {
	r := &row{
		host:  host,
		back:  canvas.NewRectangle(color.Transparent),
		mark:  canvas.NewRectangle(color.Transparent),
		sign:  uiwidget.NewSignCell(),
		star:  uiwidget.NewStarCell(),
		color: uiwidget.NewMarkCell(),
		icon:  uiwidget.NewProgramIconCell(),
		bar:   canvas.NewRectangle(color.Transparent),
		wait:  canvas.NewRectangle(color.Transparent),
		full:  make([]string, len(columns)),
		over:  -1,
	}
	r.bar.CornerRadius, r.wait.CornerRadius = 2, 2
	for range columns {
		t := canvas.NewText("", color.Black)
		t.TextSize = style.TextSize
		r.cells = append(r.cells, t)
	}
	r.ExtendBaseWidget(r)
	return r
}

// display draws an exchange. Only what changed is touched: painting new text is
// what costs.
func (r *row) display(row flow.Row, selected, striped bool, longest time.Duration, now time.Time) {
	r.id, r.row = row.ID, row
	g := r.host.geometry()
	moved := r.was != layoutVersion{g.version, g.width}
	r.was = layoutVersion{g.version, g.width}
	r.selected, r.striped = selected, striped
	r.paintBack()
	for i := range columns {
		t := r.cells[i]
		place := g.places[i]
		if place.width == 0 || columns[i].drawn {
			if !t.Hidden {
				t.Hide()
			}
			continue
		}
		text, tint := cellText(columns[i].text(&row, now)), cellColor(&columns[i], &row)
		changed := moved || t.Hidden || text != r.full[i]
		if changed {
			r.full[i] = text
			t.Text = style.CutText(text, place.width-2*cellPadding-r.indent(&columns[i]))
		}
		if changed || t.Color != tint {
			t.Color = tint
			r.placeCell(t, &columns[i], place)
			t.Hidden = false
			t.Refresh()
		}
	}
	lock := g.place(signColumn)
	r.sign.Show(uiwidget.SignOf(&row), lock.x, lock.width)
	flag := g.place(MarkColumn)
	r.color.Show(row.Mark, flag.x, flag.width)
	star := g.place(StarColumn)
	r.star.Show(row.Star, star.x, star.width)
	r.showIcon(g.place(appColumn))
	r.paintBar(g, longest, now)
}

// cellText is what a cell may draw of a text: no more than a tip has room for.
func cellText(text string) string {
	return words.VisibleText(words.ShortText(text, tipBytes))
}

func (r *row) placeCell(t *canvas.Text, c *column, p place) {
	indent := r.indent(c)
	size := fyne.NewSize(p.width-2*cellPadding-indent, style.RowHeight)
	t.Alignment = fyne.TextAlignLeading
	if c.right {
		t.Alignment = fyne.TextAlignTrailing
	}
	t.Resize(size)
	t.Move(fyne.NewPos(p.x+cellPadding+indent, 0))
}

// indent is the room of an icon before a cell's text.
func (r *row) indent(c *column) float32 {
	if c.name != appColumn {
		return 0
	}
	return r.host.programs().Room()
}

// showIcon draws the icon of the program that asked, where its column has room.
func (r *row) showIcon(p place) {
	var icon *appicon.Icon
	if p.width >= uiwidget.ProgramIconSize+2*cellPadding {
		icon = r.host.programs().OfRow(&r.row)
	}
	r.icon.Show(icon, fyne.NewPos(p.x+cellPadding, uiwidget.ProgramIconTop))
}

// paintBack is the one place that says how a row looks in its state.
func (r *row) paintBack() {
	var fill, mark color.Color = color.Transparent, color.Transparent
	switch {
	case r.selected:
		fill, mark = style.ThemeColor(style.ColorRowSelected), theme.Color(theme.ColorNamePrimary)
	case r.hover:
		fill = theme.Color(theme.ColorNameHover)
	case r.striped:
		fill = style.ThemeColor(style.ColorRowStripe)
	}
	ring, width := color.Color(color.Transparent), float32(0)
	if r.cursor {
		ring, width = theme.Color(theme.ColorNamePrimary), 1
	}
	if r.back.FillColor != fill || r.back.StrokeWidth != width || r.back.StrokeColor != ring {
		r.back.FillColor, r.back.StrokeColor, r.back.StrokeWidth = fill, ring, width
		r.back.Refresh()
	}
	if r.mark.FillColor != mark {
		r.mark.FillColor = mark
		r.mark.Refresh()
	}
}

// paintBar draws how long it took, beside the longest of the rows in sight; the
// pale part is the wait for the first byte.
func (r *row) paintBar(g *ColumnLayout, longest time.Duration, now time.Time) {
	p := g.place(barColumn)
	if p.width == 0 || longest <= 0 {
		r.bar.Hide()
		r.wait.Hide()
		return
	}
	room := p.width - 2*cellPadding
	total := words.Elapsed(&r.row, now)
	width := min(room, max(2, room*float32(total)/float32(longest)))
	first := width
	if r.row.Timing.FirstByte > 0 && total > 0 {
		first = min(width, width*float32(r.row.Timing.FirstByte)/float32(total))
	}
	at := fyne.NewPos(p.x+cellPadding, (style.RowHeight-rowBarHeight)/2)
	tint := style.StatusColor(&r.row)
	paintRect(r.bar, at, fyne.NewSize(width, rowBarHeight), tint)
	paintRect(r.wait, at, fyne.NewSize(first, rowBarHeight), pale(tint))
}

// pale is a colour mixed with the background.
func pale(c color.Color) color.Color {
	r1, g1, b1, _ := c.RGBA()
	r2, g2, b2, _ := theme.Color(theme.ColorNameBackground).RGBA()
	mix := func(a, b uint32) uint8 { return uint8((a*45 + b*55) / 100 >> 8) }
	return color.NRGBA{mix(r1, r2), mix(g1, g2), mix(b1, b2), 255}
}

func paintRect(r *canvas.Rectangle, at fyne.Position, size fyne.Size, fill color.Color) {
	if r.FillColor != fill || r.Hidden {
		r.FillColor = fill
		r.Hidden = false
		r.Refresh()
	}
	if r.Position() != at {
		r.Move(at)
	}
	if r.Size() != size {
		r.Resize(size)
	}
}

// cellColor is the colour of a cell's text.
func cellColor(c *column, r *flow.Row) color.Color {
	switch c.name {
	case "status":
		return style.StatusColor(r)
	case "method":
		return style.MethodColor(r.Method)
	case "host", NoteColumn:
		return theme.Color(theme.ColorNameForeground)
	case "path":
		if r.Kind == flow.KindTunnel {
			return style.ThemeColor(style.ColorMuted)
		}
		return theme.Color(theme.ColorNameForeground)
	}
	return style.ThemeColor(style.ColorMuted)
}

// Tapped selects.
func (r *row) Tapped(*fyne.PointEvent) { r.host.tapped(r) }

// TappedSecondary opens the row's menu.
func (r *row) TappedSecondary(e *fyne.PointEvent) { r.host.menu(r, e.AbsolutePosition) }

// MouseDown keeps what was painted where the button went down.
func (r *row) MouseDown(e *desktop.MouseEvent) { r.host.pressed(r, e) }

// MouseUp ends a click that began on this row as another object drew it.
func (r *row) MouseUp(e *desktop.MouseEvent) { r.host.released(r, e) }

// MouseIn marks the row that the pointer is on.
func (r *row) MouseIn(e *desktop.MouseEvent) { r.MouseMoved(e) }

// MouseOut takes the mark away.
func (r *row) MouseOut() {
	r.leaveCell()
	r.host.hold(r, 0, false)
}

func (r *row) setHover(on bool) {
	r.hover = on
	r.paintBack()
}

func (r *row) CreateRenderer() fyne.WidgetRenderer { return &listRowRenderer{r} }

type listRowRenderer struct{ r *row }

func (l *listRowRenderer) Layout(size fyne.Size) {
	l.r.back.Resize(size)
	l.r.mark.Resize(fyne.NewSize(3, size.Height))
}

func (l *listRowRenderer) MinSize() fyne.Size { return fyne.NewSize(100, style.RowHeight) }

func (l *listRowRenderer) Refresh() {}

func (l *listRowRenderer) Destroy() {}

func (l *listRowRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{l.r.back, l.r.mark, l.r.bar, l.r.wait}
	for _, c := range l.r.cells {
		all = append(all, c)
	}
	return append(all, l.r.sign.Picture, l.r.star.Picture, l.r.color.Back, l.r.color.Letter, l.r.icon.Picture)
}
