package compose

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
)

// rows are what a table shows and changes: fields of a head, pairs of a form, parts of a body.
type rows interface {
	Len() int
	Get(i int) shownRow
	SetOff(i int, off bool)
	SetCell(i, column int, text string) error
	Add()
	Remove(i int)
	Swap(i, j int)
}

// shownRow is one of them. A cell that is locked can be read alone.
type shownRow struct {
	off      bool
	cells    [2]string
	locked   [2]bool
	nameless bool // it is sent, and has no name though it should
}

// table edits rows. The last one is empty: what is written there is a new one. Only rows in
// sight are made of anything. It belongs to the UI goroutine.
type table struct {
	rows     rows
	changed  func()              // a person changed something
	refused  func(error)         // a cell does not take what was written; nil takes the word away
	window   func(fyne.Shortcut) // the window's own shortcuts
	escape   func()              // leaves the cell
	button   func(i int)         // the row's own button was pressed; nil: rows have none
	wide     float32             // share of the first column
	readOnly bool                // nothing can be changed
	held     func() fyne.KeyModifier
	list     *virtual.List
	object   fyne.CanvasObject
	shown    map[int]*tableRow // by their place
	last     int               // the row that was edited last
}

func newTable(of rows) *table {
	t := &table{rows: of, changed: func() {}, refused: func(error) {}, wide: 0.35, shown: map[int]*tableRow{}, held: heldKeys}
	t.list = &virtual.List{}
	t.list.HideSeparators = true
	t.list.Length = t.length
	t.list.CreateItem = func() fyne.CanvasObject { return newTableRow(t) }
	t.list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*tableRow).show(i) }
	t.list.ExtendBaseWidget(t.list)
	t.object = container.NewThemeOverride(t.list, style.DenseTheme{})
	return t
}

// length is how many rows are shown: the empty one only where something can be written.
func (t *table) length() int {
	if t.readOnly {
		return t.rows.Len()
	}
	return t.rows.Len() + 1
}

func heldKeys() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// refresh draws all rows anew.
func (t *table) refresh() { t.list.Refresh() }

// move puts the row that was edited last before or behind another.
func (t *table) move(by int) {
	from, to := t.last, t.last+by
	if t.readOnly || from < 0 || to < 0 || from >= t.rows.Len() || to >= t.rows.Len() {
		return
	}
	column := t.focusedColumn(from)
	t.rows.Swap(from, to)
	t.last = to
	t.changed()
	t.refresh()
	if column >= 0 {
		t.focus(to, column)
	}
}

func (t *table) focusedColumn(i int) int {
	row := t.shown[i]
	if c := canvasOf(t.list); row != nil && c != nil {
		for column, cell := range row.cells {
			if c.Focused() == cell {
				return column
			}
		}
	}
	return -1
}

// focus goes to a cell, which is brought into sight.
func (t *table) focus(i, column int) bool {
	if i < 0 || i >= t.length() {
		return false
	}
	t.list.ScrollTo(i)
	row, c := t.shown[i], canvasOf(t.list)
	if row == nil || c == nil {
		return false
	}
	c.Focus(row.cells[column])
	return true
}

// remove takes a row away.
func (t *table) remove(i int) {
	if t.readOnly || i >= t.rows.Len() {
		return
	}
	column := t.focusedColumn(i)
	t.rows.Remove(i)
	t.changed()
	t.refresh()
	if column >= 0 {
		t.focus(min(i, t.rows.Len()), column)
	}
}

// has reports whether an object is one of the rows', also of one that has gone out of sight.
func (t *table) has(o fyne.Focusable) bool {
	for _, row := range t.shown {
		switch o {
		case row.cells[0], row.cells[1], row.on, row.button, row.remove:
			return true
		}
	}
	return false
}

// edit changes a cell as a person does.
func (t *table) edit(i, column int, text string) {
	if t.focus(i, column) {
		t.shown[i].cells[column].SetText(text)
	}
}

func canvasOf(o fyne.CanvasObject) fyne.Canvas { return fyne.CurrentApp().Driver().CanvasForObject(o) }

// tableRow is a row as it is drawn.
type tableRow struct {
	widget.BaseWidget
	style.AppTheme
	table  *table
	i      int
	on     *widget.Check
	cells  [2]*cell
	button *widget.Button
	remove *widget.Button
	flaw   *canvas.Rectangle // below a name that is missing
	filled bool              // it is being shown: what changes is no person's doing
}

func newTableRow(t *table) *tableRow {
	r := &tableRow{table: t, i: -1}
	r.on = widget.NewCheck("", func(on bool) {
		if !r.filled && r.i < t.rows.Len() {
			t.rows.SetOff(r.i, !on)
			r.edited()
		}
	})
	for column := range r.cells {
		r.cells[column] = newCell(r, column)
	}
	r.button = widget.NewButtonWithIcon("", theme.FileIcon(), func() {
		if r.i < t.rows.Len() {
			t.button(r.i)
		}
	})
	r.remove = widget.NewButtonWithIcon("", theme.CancelIcon(), func() { t.remove(r.i) })
	r.flaw = canvas.NewRectangle(theme.Color(theme.ColorNameError))
	r.button.Importance, r.remove.Importance = widget.LowImportance, widget.LowImportance
	r.ExtendBaseWidget(r)
	return r
}

// show shows another row, or a newer state of the one that is shown.
func (r *tableRow) show(i int) {
	t := r.table
	if r.i != i {
		if t.shown[r.i] == r {
			delete(t.shown, r.i)
		}
		if c := canvasOf(r); c != nil && r.i >= 0 {
			for _, cell := range r.cells {
				if c.Focused() == cell { // it scrolled away
					c.Unfocus()
				}
			}
		}
	}
	r.i, t.shown[i] = i, r
	r.filled = true
	defer func() { r.filled = false }()
	fresh := i >= t.rows.Len()
	var row shownRow
	if !fresh {
		row = t.rows.Get(i)
	}
	r.on.SetChecked(!row.off && !fresh)
	uiwidget.SetShown(r.on, !fresh && !t.readOnly)
	uiwidget.SetShown(r.remove, !fresh && !t.readOnly)
	uiwidget.SetShown(r.button, !fresh && t.button != nil)
	for column, cell := range r.cells {
		cell.show(row.cells[column], row.locked[column] || t.readOnly)
	}
	r.mark(row.nameless)
}

// mark marks the place of a name that is missing.
func (r *tableRow) mark(nameless bool) {
	hint := ""
	if nameless {
		hint = i18n.T("compose.nameless")
	}
	if r.cells[0].PlaceHolder != hint {
		r.cells[0].SetPlaceHolder(hint)
	}
	r.flaw.FillColor = theme.Color(theme.ColorNameError)
	uiwidget.SetShown(r.flaw, nameless)
}

// edited marks the row as it is by now.
func (r *tableRow) edited() {
	if r.i < r.table.rows.Len() {
		r.mark(r.table.rows.Get(r.i).nameless)
	}
	r.table.changed()
}

func (r *tableRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(tableRowLayout{r.table}, r.on, r.cells[0], r.cells[1], r.button, r.remove,
		r.flaw))
}

type tableRowLayout struct{ table *table }

const (
	rowHeight = 32
	tickWidth = 30
	flawWidth = 2
	nameRoom  = 204 // of the first column, where there is as much for the second: Sec-WebSocket-Extensions
)

func (tableRowLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(160, rowHeight) }

func (l tableRowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	place := func(o fyne.CanvasObject, x, width float32) {
		o.Move(fyne.NewPos(x, 1))
		o.Resize(fyne.NewSize(width, size.Height-2))
	}
	end := size.Width - rowHeight
	place(objects[4], end, rowHeight)
	if l.table.button != nil {
		end -= rowHeight
		place(objects[3], end, rowHeight)
	}
	place(objects[0], 2, tickWidth)
	room := end - tickWidth - 8
	first := max(room*l.table.wide, min(nameRoom, room/2))
	place(objects[1], tickWidth, first)
	place(objects[2], tickWidth+first+4, room-first)
	objects[5].Move(fyne.NewPos(tickWidth, size.Height-1-flawWidth))
	objects[5].Resize(fyne.NewSize(first, flawWidth))
}
