package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// requestList is the header and the list of exchanges. The selection is an ID:
// it stays on its exchange whatever arrives. It belongs to the UI goroutine.
type requestList struct {
	model    *feed.Model
	layout   *columnLayout
	header   *listHeader
	rows     *rowsWidget
	object   fyne.CanvasObject
	selected flow.ID
	follow   bool
	pointing bool     // the pointer rests on the rows: they hold still
	pointer  float32  // where it is then, below the list's top
	hovered  *listRow // the row that is marked for it
	offset   float32  // where the list was scrolled to when a person last had no part in it
	length   int      // rows there are to scroll through, as the window was last told
	drawn    [maxInSight]placed
	missed   int           // rows that came while the list held still
	longest  time.Duration // of the rows in sight
	drawing  bool          // all rows in sight are being drawn
	now      time.Time
	icons    *uiwidget.ProgramIcons

	onSelect func(flow.ID) // 0: nothing is selected
	onOpen   func(flow.ID) // double click, Enter
	onMenu   func(flow.ID, fyne.Position)
	onFollow func() // follow, missed, or whether all rows are in sight may have changed
	onCopy   func(flow.ID)
	onWords  func(o fyne.CanvasObject, in bool, words func() string) // the pointer came over a cell that has words, or left it

	lastTap   time.Time
	lastTapID flow.ID
}

// placed is a row and where in the list it was drawn.
type placed struct {
	id    flow.ID
	index int
	row   *listRow
}

// maxInSight is how many rows a screen has room for: 13,000 pixels.
const maxInSight = 512

// doubleClick is how soon a second click must follow the first.
const doubleClick = 400 * time.Millisecond

// rowsWidget is the list of rows; keys and the pointer go to its owner.
type rowsWidget struct {
	virtual.List
	owner  *requestList
	window func(fyne.Shortcut) // the window's shortcuts
}

func newRequestList(m *feed.Model, g *columnLayout) *requestList {
	l := &requestList{model: m, layout: g, follow: true, now: time.Now()}
	l.header = newListHeader(g)
	l.rows = &rowsWidget{owner: l}
	l.rows.HideSeparators = true
	l.rows.Length = func() int { return l.length }
	l.rows.CreateItem = func() fyne.CanvasObject { return newListRow(l) }
	l.rows.UpdateItem = l.update
	l.rows.ExtendBaseWidget(l.rows)
	dense := container.NewThemeOverride(container.New(widthWatch{g, l}, l.rows), style.DenseTheme{})
	l.object = container.NewBorder(l.header, nil, nil, nil, dense)
	return l
}

// widthWatch lays its object out and tells the columns how wide it is.
type widthWatch struct {
	layout *columnLayout
	list   *requestList
}

func (w widthWatch) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	wide := w.layout.width != size.Width
	high := w.list.rows.Size().Height != size.Height
	if wide {
		w.layout.setWidth(size.Width)
		w.list.header.Refresh()
	}
	for _, o := range objects {
		o.Resize(size)
	}
	if wide {
		w.list.refresh() // rows that nothing else changes stand as the columns did before
	}
	if high {
		w.list.keepEdge()
		w.list.rescale()
		w.list.tellFollow() // all rows may be in sight now, or not any more
	}
}

func (w widthWatch) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 80) }

// update draws the row that stands at a place.
func (l *requestList) update(i widget.ListItemID, o fyne.CanvasObject) {
	r := o.(*listRow)
	id := l.model.At(i)
	r.at = i
	l.drawn[i%maxInSight] = placed{id, i, r}
	row, ok := l.model.Rows.Row(id)
	if !ok {
		row = flow.Row{ID: id, Phase: flow.PhaseDone}
	}
	r.show(row, id == l.selected && id != 0, i%2 == 1, l.longest, l.now)
	if !l.drawing {
		l.rescale() // it was scrolled into sight, and nothing else may happen
	}
}

func (l *requestList) refresh() {
	l.drawing = true
	l.rows.Refresh()
	l.drawing = false
}

// rescale finds the longest duration of the rows in sight, so that the bars can be
// compared with each other, and draws them anew where their scale changed.
func (l *requestList) rescale() {
	first, count := l.rows.inSight()
	longest := time.Duration(0)
	for i := first; i < first+count; i++ {
		if row, ok := l.model.Rows.Row(l.model.At(i)); ok && row.Kind == flow.KindHTTP {
			longest = max(longest, words.Elapsed(&row, l.now))
		}
	}
	if longest = scale(longest); longest == l.longest {
		return
	}
	l.longest = longest
	for i := first; i < first+count; i++ {
		if r := l.placed(i).row; r != nil && r.at == i {
			r.paintBar(l.layout, l.longest, l.now)
		}
	}
}

// scale is the full width of the bars: a round time, so that a little more or
// less does not repaint every bar.
func scale(longest time.Duration) time.Duration {
	for unit := time.Millisecond; unit < 1000*time.Hour; unit *= 10 {
		for _, n := range []time.Duration{1, 2, 5} {
			if longest <= n*unit {
				return n * unit
			}
		}
	}
	return longest
}

// selectID selects an exchange, or none with 0.
func (l *requestList) selectID(id flow.ID) {
	if l.selected == id {
		return
	}
	l.selected = id
	l.refresh()
	if l.onSelect != nil {
		l.onSelect(id)
	}
	l.tellFollow()
}

func (l *requestList) programs() *uiwidget.ProgramIcons { return l.icons }

func (l *requestList) geometry() *columnLayout { return l.layout }

// tapped is the row's: a click selects, a second one soon after opens.
func (l *requestList) tapped(id flow.ID) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(l.rows); c != nil {
		c.Focus(l.rows)
	}
	now := time.Now()
	again := id == l.lastTapID && now.Sub(l.lastTap) < doubleClick
	l.lastTap, l.lastTapID = now, id
	l.selectID(id)
	if again && l.onOpen != nil {
		l.onOpen(id)
	}
}

func (l *requestList) menu(id flow.ID, at fyne.Position) {
	l.selectID(id)
	if l.onMenu != nil {
		l.onMenu(id, at)
	}
}

// hold is called as the pointer moves over a row, or leaves it. While it rests there
// the rows stand still: they must not slide away under it. Leaving catches up
// with the next refresh, for the pointer may only be on its way to the next row.
func (l *requestList) hold(r *listRow, y float32, on bool) {
	l.pointing = on
	l.pointer = float32(r.at)*style.RowHeight + y - l.rows.GetScrollOffset()
	l.markHovered()
}

// markHovered marks the row that is under the pointer now: another one may have
// come there without a move of the pointer.
func (l *requestList) markHovered() {
	var now *listRow
	if l.pointing {
		now = l.placed(l.pointed()).row
	}
	if now == l.hovered {
		return
	}
	if l.hovered != nil {
		l.hovered.setHover(false)
	}
	if l.hovered = now; now != nil {
		now.setHover(true)
	}
}

// pointed is the place in the list that is under the pointer, if it rests there.
func (l *requestList) pointed() int {
	return int((l.rows.GetScrollOffset() + l.pointer) / style.RowHeight)
}

// placed is what was drawn at a place of the list that is in sight.
func (l *requestList) placed(i int) placed {
	if i < 0 || i >= l.length || l.drawn[i%maxInSight].index != i {
		return placed{}
	}
	return l.drawn[i%maxInSight]
}

func (l *requestList) overCell(o fyne.CanvasObject, in bool, words func() string) {
	if l.onWords != nil {
		l.onWords(o, in, words)
	}
}
