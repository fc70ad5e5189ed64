package ui

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
)

// requestList is the header and the list of exchanges. The selection is an ID:
// it stays on its exchange whatever arrives. It belongs to the UI goroutine.
type requestList struct {
	model    *model
	layout   *columnLayout
	header   *listHeader
	rows     *rowsWidget
	object   fyne.CanvasObject
	selected flow.ID
	follow   bool
	pointer  bool          // the pointer rests on the rows: they hold still
	offset   float32       // where the list was scrolled to when it was last refreshed
	anchor   anchor        // what stood at the top of the rows in sight then
	missed   int           // rows that came while the list held still
	longest  time.Duration // of the rows in sight
	now      time.Time
	icons    *programIcons

	onSelect func(flow.ID) // 0: nothing is selected
	onOpen   func(flow.ID) // double click, Enter
	onMenu   func(flow.ID, fyne.Position)
	onFollow func() // follow, missed, or whether all rows are in sight may have changed
	onCopy   func(flow.ID)
	onWords  func(o fyne.CanvasObject, in bool, words func() string) // the pointer came over a cell that has words, or left it

	lastTap   time.Time
	lastTapID flow.ID
}

// anchor is a row and where it stood.
type anchor struct {
	id    flow.ID
	index int
}

// doubleClick is how soon a second click must follow the first.
const doubleClick = 400 * time.Millisecond

// rowsWidget is the list of rows; keys and the pointer go to its owner.
type rowsWidget struct {
	widget.List
	owner  *requestList
	window func(fyne.Shortcut) // the window's shortcuts
}

func newRequestList(m *model, g *columnLayout) *requestList {
	l := &requestList{model: m, layout: g, follow: true, now: time.Now()}
	l.header = newListHeader(g)
	l.rows = &rowsWidget{owner: l}
	l.rows.HideSeparators = true
	l.rows.Length = m.Len
	l.rows.CreateItem = func() fyne.CanvasObject { return newListRow(l) }
	l.rows.UpdateItem = l.update
	l.rows.ExtendBaseWidget(l.rows)
	dense := container.NewThemeOverride(container.New(widthWatch{g, l}, l.rows), denseTheme{})
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
		w.list.tellFollow() // all rows may be in sight now, or not any more
	}
}

func (w widthWatch) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 80) }

// denseTheme leaves no room between rows: the list puts its padding there.
type denseTheme struct{}

func (t denseTheme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	return t.base().Color(n, v)
}

func (t denseTheme) Font(s fyne.TextStyle) fyne.Resource { return t.base().Font(s) }

func (t denseTheme) Icon(n fyne.ThemeIconName) fyne.Resource { return t.base().Icon(n) }

func (denseTheme) base() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

func (t denseTheme) Size(n fyne.ThemeSizeName) float32 {
	if n == theme.SizeNamePadding || n == theme.SizeNameSeparatorThickness {
		return 0
	}
	return t.base().Size(n)
}

// update draws the row that stands at a place.
func (l *requestList) update(i widget.ListItemID, o fyne.CanvasObject) {
	r := o.(*listRow)
	id := l.model.At(i)
	row, ok := l.model.rows.Row(id)
	if !ok {
		row = flow.Row{ID: id, Phase: flow.PhaseDone}
	}
	r.show(row, id == l.selected && id != 0, i%2 == 1, l.longest, l.now)
}

// changed takes in what the feed prepared.
func (l *requestList) changed(u *update) {
	l.now = u.at
	l.noticeScroll()
	l.measureLongest()
	l.refresh()
	switch {
	case l.following():
		l.rows.toBottom()
		l.setMissed(0)
	case u.rebuilt && l.model.Index(l.selected) >= 0:
		l.reveal(l.selected) // what was found stays in sight among the rows around it
	default:
		l.stay()
		if u.fresh > 0 && !l.rows.allInSight() {
			l.setMissed(l.missed + u.fresh)
		}
	}
	if l.rows.allInSight() {
		l.setMissed(0)
	}
	l.tellFollow()
	l.offset = l.rows.GetScrollOffset()
	first, _ := l.rows.inSight()
	l.anchor = anchor{l.model.At(first), first}
}

// stay keeps the rows in sight where they are on the screen when rows above
// them came or went: those that leave memory are the oldest.
func (l *requestList) stay() {
	if l.anchor.id == 0 {
		return
	}
	moved := l.model.Near(l.anchor.id, l.anchor.index) - l.anchor.index
	if moved != 0 {
		l.rows.ScrollToOffset(max(0, l.rows.GetScrollOffset()+float32(moved)*rowHeight))
	}
}

// noticeScroll stops following when a person has scrolled up, and resumes it
// when they have scrolled down to the end.
func (l *requestList) noticeScroll() {
	at, end := l.rows.GetScrollOffset(), l.rows.atBottom()
	if l.follow && at < l.offset-1 && !end {
		l.follow = false
		l.tellFollow()
	}
	if !l.follow && at > l.offset+1 && end {
		l.follow = true
		l.tellFollow()
	}
}

func (l *requestList) tellFollow() {
	if l.onFollow != nil {
		l.onFollow()
	}
}

// following reports whether new rows scroll the list now.
func (l *requestList) following() bool {
	return l.follow && !l.pointer && l.selected == 0
}

func (l *requestList) setMissed(n int) {
	if n != l.missed {
		l.missed = n
		l.tellFollow()
	}
}

// setFollow resumes following, or stops it.
func (l *requestList) setFollow(on bool) {
	l.follow = on
	if on {
		l.pointer = false
		l.selectID(0)
		l.rows.toBottom()
		l.missed = 0
	}
	l.tellFollow()
}

func (l *requestList) refresh() { l.rows.Refresh() }

// measureLongest finds the longest duration of the rows in sight, so that the
// bars can be compared with each other.
func (l *requestList) measureLongest() {
	first, count := l.rows.inSight()
	longest := time.Duration(0)
	for i := first; i < first+count; i++ {
		if row, ok := l.model.rows.Row(l.model.At(i)); ok && row.Kind == flow.KindHTTP {
			longest = max(longest, took(&row, l.now))
		}
	}
	l.longest = scale(longest)
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

// inSight is where the first row in sight stands, and how many there are.
func (w *rowsWidget) inSight() (first, count int) {
	first = int(w.GetScrollOffset() / rowHeight)
	return first, int(w.Size().Height/rowHeight) + 2
}

func (w *rowsWidget) atBottom() bool {
	return w.GetScrollOffset()+w.Size().Height >= float32(w.Length())*rowHeight-rowHeight
}

func (w *rowsWidget) allInSight() bool { return float32(w.Length())*rowHeight <= w.Size().Height }

func (w *rowsWidget) toBottom() {
	if w.Size().Height > 0 && w.Length() > 0 {
		w.ScrollToBottom()
	}
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

// reveal scrolls the selected row into sight.
func (l *requestList) reveal(id flow.ID) {
	if i := l.model.Index(id); i >= 0 {
		l.rows.ScrollTo(i)
	}
}

func (l *requestList) programs() *programIcons { return l.icons }

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

// hold is called as the pointer enters or leaves a row. While it rests there
// the rows stand still: they must not slide away under it. Leaving catches up
// with the next refresh, for the pointer may only be on its way to the next row.
func (l *requestList) hold(on bool) { l.pointer = on }

func (l *requestList) overCell(o fyne.CanvasObject, in bool, words func() string) {
	if l.onWords != nil {
		l.onWords(o, in, words)
	}
}

// FocusGained keeps the list's own mark away: the selection is drawn by the rows.
func (w *rowsWidget) FocusGained() {}

// FocusLost is the same.
func (w *rowsWidget) FocusLost() {}

// TypedKey moves the selection.
func (w *rowsWidget) TypedKey(e *fyne.KeyEvent) {
	l := w.owner
	_, page := w.inSight()
	n := w.Length()
	at := l.model.Index(l.selected)
	switch e.Name {
	case fyne.KeyDown:
		at++
	case fyne.KeyUp:
		if at < 0 {
			at = n
		}
		at--
	case fyne.KeyPageDown:
		at += page - 3
	case fyne.KeyPageUp:
		at -= page - 3
	case fyne.KeyHome:
		at = 0
	case fyne.KeyEnd:
		at = n - 1
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		l.enter()
		return
	case fyne.KeyEscape:
		l.selectID(0)
		return
	default:
		return
	}
	at = min(max(at, 0), n-1)
	if at < 0 {
		return
	}
	l.selectID(l.model.At(at))
	w.ScrollTo(at)
}

// enter opens the selected row, or the first one in sight: while the list follows,
// the newest.
func (l *requestList) enter() {
	if l.selected == 0 {
		first, _ := l.rows.inSight()
		if l.follow {
			first = l.rows.Length() - 1
		}
		if first < 0 || first >= l.rows.Length() {
			return
		}
		l.selectID(l.model.At(first))
	}
	if l.onOpen != nil {
		l.onOpen(l.selected)
	}
}

// TypedShortcut copies the selected request, or is the window's.
func (w *rowsWidget) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutCopy); !ok {
		if w.window != nil {
			w.window(s)
		}
	} else if w.owner.selected != 0 && w.owner.onCopy != nil {
		w.owner.onCopy(w.owner.selected)
	}
}
