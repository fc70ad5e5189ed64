package compose

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/repeat"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Outcomes is a table of what came of requests. Keys go through it; Enter, or a click on the
// line that is chosen, leads to the request. It belongs to the UI goroutine.
type Outcomes struct {
	virtual.List
	of     OutcomesOf
	at     int // chosen; -1 for none
	head   *outcomeRow
	object fyne.CanvasObject
}

// OutcomesOf is what a table shows, and what can be done with its lines.
type OutcomesOf struct {
	Titles  []string                                   // of the columns, keys of the catalogue
	Widths  []float32                                  // of the columns; 0 takes what is left
	Len     func() int                                 // lines
	Line    func(i int) (cells []string, trouble bool) // texts, and whether something went wrong
	Reveal  func(i int)                                // leads to the request of a line
	Compare func(i int)                                // compares its answer with one before
	Chosen  func(i int)                                // a line was chosen; nil: nobody asks
	Leave   func()                                     // Escape
	Keys    func(fyne.Shortcut)                        // shortcuts that are not the table's
}

// NewOutcomes makes a table.
func NewOutcomes(of OutcomesOf) *Outcomes {
	t := &Outcomes{of: of, at: -1}
	t.HideSeparators = true
	t.Length = of.Len
	t.CreateItem = func() fyne.CanvasObject { return newOutcomeRow(t) }
	t.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*outcomeRow).show(i) }
	t.ExtendBaseWidget(t)
	t.head = newOutcomeRow(t)
	t.object = container.NewThemeOverride(uiwidget.NewPage(t.head, t), style.DenseTheme{})
	t.Retitle()
	return t
}

// Object is the table with its head.
func (t *Outcomes) Object() fyne.CanvasObject { return t.object }

// Retitle puts the titles in the language in force.
func (t *Outcomes) Retitle() {
	cells := make([]string, len(t.of.Titles))
	for i, key := range t.of.Titles {
		if key != "" {
			cells[i] = i18n.T(key)
		}
	}
	t.head.set(cells, style.ColorMuted, color.Transparent)
}

// Clear forgets which line was chosen.
func (t *Outcomes) Clear() {
	t.at = -1
	t.Refresh()
}

// At is the line that is chosen, -1 for none.
func (t *Outcomes) At() int { return t.at }

// Choose goes to a line.
func (t *Outcomes) Choose(to int) {
	if n := t.of.Len(); n > 0 {
		t.at = max(0, min(to, n-1))
		t.ScrollTo(t.at)
		t.Refresh()
		if t.of.Chosen != nil {
			t.of.Chosen(t.at)
		}
	}
}

// FocusGained keeps the list's own mark away: the rows draw what is chosen.
func (t *Outcomes) FocusGained() {
	if t.at < 0 {
		t.Choose(0)
	}
}

// FocusLost is the same.
func (t *Outcomes) FocusLost() {}

// TypedKey goes through the lines, leads to one, or leaves.
func (t *Outcomes) TypedKey(k *fyne.KeyEvent) {
	page := max(1, int(t.Size().Height/style.RowHeight)-1)
	switch k.Name {
	case fyne.KeyUp:
		t.Choose(t.at - 1)
	case fyne.KeyDown:
		t.Choose(t.at + 1)
	case fyne.KeyPageUp:
		t.Choose(t.at - page)
	case fyne.KeyPageDown:
		t.Choose(t.at + page)
	case fyne.KeyHome:
		t.Choose(0)
	case fyne.KeyEnd:
		t.Choose(t.of.Len() - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		t.reveal(t.at)
	case fyne.KeyEscape:
		t.of.Leave()
	}
}

// TypedShortcut compares the answer with the one before.
func (t *Outcomes) TypedShortcut(s fyne.Shortcut) {
	custom, ok := s.(*desktop.CustomShortcut)
	switch {
	case ok && *custom == compareKey() && t.at >= 0 && t.of.Compare != nil:
		t.of.Compare(t.at)
	case ok && t.of.Keys != nil:
		t.of.Keys(s)
	}
}

func (t *Outcomes) reveal(i int) {
	if i >= 0 && i < t.of.Len() {
		t.of.Reveal(i)
	}
}

// tapped chooses a line, and leads to the request of one that is chosen.
func (t *Outcomes) tapped(i int) {
	if i == t.at {
		t.reveal(i)
		return
	}
	t.Choose(i)
	if c := canvasOf(t); c != nil {
		c.Focus(t)
	}
}

// outcomeRow is a line of the table, or its head.
type outcomeRow struct {
	widget.BaseWidget
	style.AppTheme
	table *Outcomes
	at    int // -1: the head
	back  *canvas.Rectangle
	cells []*uiwidget.CutLabel
}

func newOutcomeRow(t *Outcomes) *outcomeRow {
	r := &outcomeRow{table: t, at: -1, back: canvas.NewRectangle(color.Transparent)}
	for range t.of.Widths {
		r.cells = append(r.cells, uiwidget.NewCutLabel(theme.ColorNameForeground))
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *outcomeRow) show(i int) {
	if r.at = i; i >= r.table.of.Len() {
		return
	}
	cells, trouble := r.table.of.Line(i)
	ink, back := theme.ColorNameForeground, color.Color(color.Transparent)
	if trouble {
		ink = theme.ColorNameError
	}
	switch {
	case i == r.table.at:
		back = style.ThemeColor(style.ColorRowSelected)
	case i%2 == 1:
		back = style.ThemeColor(style.ColorRowStripe)
	}
	r.set(cells, ink, back)
}

func (r *outcomeRow) set(cells []string, ink fyne.ThemeColorName, back color.Color) {
	for i, text := range cells {
		r.cells[i].SetColored(text, ink)
	}
	r.back.FillColor = back
	r.back.Refresh()
}

// Tapped chooses the line.
func (r *outcomeRow) Tapped(*fyne.PointEvent) {
	if r.at >= 0 {
		r.table.tapped(r.at)
	}
}

func (r *outcomeRow) CreateRenderer() fyne.WidgetRenderer {
	objects := make([]fyne.CanvasObject, len(r.cells))
	for i, c := range r.cells {
		objects[i] = c
	}
	return widget.NewSimpleRenderer(container.NewStack(r.back, container.New(columns(r.table.of.Widths), objects...)))
}

// columns are widths; one of 0 takes what is left.
type columns []float32

// cellSpace is left and right of a text.
const cellSpace = 8

func (columns) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, style.RowHeight) }

func (w columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := size.Width
	for _, one := range w {
		left -= one
	}
	x := float32(0)
	for i, o := range objects {
		width := w[i]
		if width == 0 {
			width = max(left, 60)
		}
		o.Move(fyne.NewPos(x+cellSpace, 0))
		o.Resize(fyne.NewSize(width-2*cellSpace, size.Height))
		x += width
	}
}

// OutcomeTexts are status, time and size of what came of a request.
func OutcomeTexts(o *repeat.Outcome) (status, took, size string) {
	switch {
	case o.Err != nil:
		return visible.Text(errorText(o.Err)), "", ""
	case !o.OK(): // a status would be that of Posthouse's own answer
		status = words.FailureText(o.Failure)
	default:
		status = strconv.Itoa(o.Status)
	}
	return status, words.DurationText(o.Took), words.SizeText(o.Size)
}
