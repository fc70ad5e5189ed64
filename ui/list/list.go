package list

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

// Deps is what the list needs of the window, and what it tells it. What is nil is not
// called.
type Deps struct {
	Icons *uiwidget.ProgramIcons   // nil: programs are shown without icons
	Mask  func(*flow.Row) flow.Row // a row as it is shown; nil: as it is

	Select   func(flow.ID) // another selection, and the row of it that a person came to; 0: nothing is selected
	Open     func(flow.ID) // double click, Enter
	Menu     func(flow.ID, fyne.Position)
	Copy     func(flow.ID)
	Sort     func(feed.Sorting)  // a click on a title
	Follow   func()              // Follow, Missed, or whether all rows are in sight may have changed
	Columns  func()              // other columns are shown, or in another width
	Shortcut func(fyne.Shortcut) // a key that is the window's
	Key      func(*fyne.KeyEvent)
	Rune     func(rune)
	// Words is told that the pointer came over a cell that has words, or left it.
	Words func(o fyne.CanvasObject, in bool, words func() string)
}

// List is the header and the list of exchanges. The selection is made of IDs:
// it stays on its exchanges whatever arrives. It belongs to the UI goroutine.
type List struct {
	deps   Deps
	model  *feed.Model
	shown  feed.Shown // what the model showed at the last refresh
	layout *ColumnLayout
	Header *listHeader
	Rows   *rowsWidget
	Object fyne.CanvasObject
	Follow bool
	still  bool // nothing comes to it that could be followed
	top    bool // the beginning stays in sight until a person scrolls or selects
	selection
	held func() fyne.KeyModifier // the keys held down

	pointing bool    // the pointer rests on the rows: they hold still
	pointer  float32 // where it is then, below the list's top
	hovered  *row    // the row that is marked for it
	offset   float32 // where the list was scrolled to when a person last had no part in it
	Length   int     // rows there are to scroll through, as the window was last told
	drawn    [maxInSight]placed
	Missed   int           // rows that came while the list held still
	longest  time.Duration // of the rows in sight
	drawing  bool          // all rows in sight are being drawn
	now      time.Time

	before    painted
	press     press
	lastTap   time.Time
	lastTapID flow.ID
}

// placed is a row and where in the list it was drawn.
type placed struct {
	id    flow.ID
	index int
	row   *row
}

// exchange is the row of a model that was drawn, if it is the one at a place: that costs no look at
// the disk.
func (p placed) exchange(i int, id flow.ID, of *feed.Model) (row flow.Row, ok bool) {
	if p.row == nil || p.row.at != i || p.row.id != id || p.row.of != of {
		return flow.Row{}, false
	}
	return p.row.row, true
}

// maxInSight is how many rows a screen has room for: 13,000 pixels.
const maxInSight = 512

// doubleClick is how soon a second click must follow the first.
const doubleClick = 400 * time.Millisecond

// rowsWidget is the list of rows; keys and the pointer go to its owner.
type rowsWidget struct {
	virtual.List
	owner *List
}

// New makes the list of what a model shows, in columns.
func New(m *feed.Model, g *ColumnLayout, deps Deps) *List {
	l := &List{deps: deps, model: m, layout: g, Follow: true, now: time.Now(), held: heldKeys}
	l.selection.shown, l.selection.changed = &l.shown, l.selectionChanged
	l.Header = newListHeader(g)
	l.Header.onSort, l.Header.onChanged = deps.Sort, l.changedColumns
	l.Rows = &rowsWidget{owner: l}
	l.Rows.HideSeparators = true
	l.Rows.Length = func() int { return l.Length }
	l.Rows.CreateItem = func() fyne.CanvasObject { return newRow(l) }
	l.Rows.UpdateItem = l.update
	l.Rows.ExtendBaseWidget(l.Rows)
	dense := container.NewThemeOverride(container.New(widthWatch{g, l}, l.Rows), style.DenseTheme{})
	l.Object = container.NewBorder(l.Header, nil, nil, nil, dense)
	return l
}

// widthWatch lays its object out and tells the columns how wide it is.
type widthWatch struct {
	layout *ColumnLayout
	list   *List
}

func (w widthWatch) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	wide := w.layout.width != size.Width
	high := w.list.Rows.Size().Height != size.Height
	if wide {
		w.layout.setWidth(size.Width)
		w.list.Header.Refresh()
	}
	for _, o := range objects {
		o.Resize(size)
	}
	if wide {
		w.list.Refresh() // rows that nothing else changes stand as the columns did before
	}
	if high {
		w.list.keepEdge()
		w.list.rescale()
		w.list.tellFollow() // all rows may be in sight now, or not any more
	}
}

func (w widthWatch) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 80) }

// update draws the row that stands at a place.
func (l *List) update(i widget.ListItemID, o fyne.CanvasObject) {
	r := o.(*row)
	id := l.shown.At(i)
	r.at = i
	l.drawn[i%maxInSight] = placed{id, i, r}
	row, ok := l.model.Rows.Row(id)
	if ok && l.deps.Mask != nil {
		row = l.deps.Mask(&row)
	}
	switch {
	case !ok && r.id == id && r.of == l.model: // it left memory since the last refresh, and goes with the next one
		row = r.row
	case !ok:
		row = flow.Row{ID: id, Phase: flow.PhaseDone}
	}
	r.of = l.model
	r.cursor = id == l.cursor && (l.Several() || id != l.Selected)
	r.display(row, l.has(id), i%2 == 1, l.longest, l.now)
	if !l.drawing {
		l.rescale() // it was scrolled into sight, and nothing else may happen
	}
}

// Refresh draws the rows in sight anew.
func (l *List) Refresh() {
	l.drawing = true
	l.Rows.Refresh()
	l.drawing = false
}

// rescale finds the longest duration of the rows in sight, so that the bars can be
// compared with each other, and draws them anew where their scale changed.
func (l *List) rescale() {
	first, count := l.Rows.inSight()
	longest := time.Duration(0)
	for i := first; i < first+count; i++ {
		id := l.shown.At(i)
		row, ok := l.placed(i).exchange(i, id, l.model)
		if !ok {
			row, ok = l.model.Rows.Row(id)
		}
		if ok && row.Kind == flow.KindHTTP {
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

// selectionChanged draws another selection, and tells the window.
func (l *List) selectionChanged() {
	l.Refresh()
	if l.deps.Select != nil {
		l.deps.Select(l.Selected)
	}
	l.tellFollow()
}

func (l *List) programs() *uiwidget.ProgramIcons { return l.deps.Icons }

func (l *List) geometry() *ColumnLayout { return l.layout }

// tapped is the row's: a click selects, a second one soon after opens.
func (l *List) tapped(r *row) {
	id, held := l.clicked(r)
	if c := fyne.CurrentApp().Driver().CanvasForObject(l.Rows); c != nil {
		c.Focus(l.Rows)
	}
	now := time.Now()
	again := id == l.lastTapID && now.Sub(l.lastTap) < doubleClick && held == 0
	l.lastTap, l.lastTapID = now, id
	l.point(id, held)
	if again && l.deps.Open != nil {
		l.deps.Open(id)
	}
}

// menu is the row's: what its menu does, it does to all selected rows where it is one of them.
func (l *List) menu(r *row, at fyne.Position) {
	id, _ := l.clicked(r)
	if !l.has(id) {
		l.SelectID(id)
	}
	if l.deps.Menu != nil {
		l.deps.Menu(id, at)
	}
}

// Pointed reports whether the pointer rests on the rows of a list.
func Pointed(l *List) bool { return l.pointing }

// hold is called as the pointer moves over a row, or leaves it. While it rests there
// the rows stand still: they must not slide away under it. Leaving catches up
// with the next refresh, for the pointer may only be on its way to the next row.
func (l *List) hold(r *row, y float32, on bool) {
	l.pointing = on
	l.pointer = float32(r.at)*style.RowHeight + y - l.Rows.GetScrollOffset()
	l.markHovered()
}

// markHovered marks the row that is under the pointer now: another one may have
// come there without a move of the pointer.
func (l *List) markHovered() {
	var now *row
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
func (l *List) pointed() int {
	return int((l.Rows.GetScrollOffset() + l.pointer) / style.RowHeight)
}

// placed is what was drawn at a place of the list that is in sight.
func (l *List) placed(i int) placed {
	if i < 0 || i >= l.Length || l.drawn[i%maxInSight].index != i {
		return placed{}
	}
	return l.drawn[i%maxInSight]
}

func (l *List) overCell(o fyne.CanvasObject, in bool, words func() string) {
	if l.deps.Words != nil {
		l.deps.Words(o, in, words)
	}
}
