package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/style"
	"posthouse/ui/words"
)

// FileTabs is a slim row of tabs that come and go. Each but the first, or each where that is
// Closable, has a cross that closes it, as the middle button does; a name without room is cut
// in its middle.
type FileTabs struct {
	widget.BaseWidget
	Choose, Close func(int)
	Closable      bool                                                   // the first tab has a cross too
	Tip           func(o fyne.CanvasObject, in bool, text func() string) // told of the pointer

	all      []FileTab
	selected int
	over     int // under the pointer, -1 for none
	onCross  bool

	texts   []*canvas.Text
	crosses []*canvas.Image
	line    *canvas.Rectangle
	shade   *canvas.Rectangle
	edge    *canvas.Rectangle
}

// FileTab is one of them.
type FileTab struct {
	Name string // in one line, made visible
	Tip  string
}

// Of a tab, in pixels: beside its name, of its cross, and at most.
const (
	fileTabPad   float32 = 12
	fileTabCross float32 = 20
	fileTabMost  float32 = 260
	fileTabLeast float32 = 44
)

var (
	_ fyne.Tappable     = (*FileTabs)(nil)
	_ desktop.Hoverable = (*FileTabs)(nil)
	_ desktop.Mouseable = (*FileTabs)(nil)
)

// NewFileTabs makes a row without tabs.
func NewFileTabs(choose, closed func(int)) *FileTabs {
	t := &FileTabs{Choose: choose, Close: closed, over: -1, line: canvas.NewRectangle(nil), shade: canvas.NewRectangle(nil),
		edge: canvas.NewRectangle(nil), Tip: func(fyne.CanvasObject, bool, func() string) {}}
	t.shade.CornerRadius = 4
	t.ExtendBaseWidget(t)
	return t
}

// Set shows tabs, of which one is selected.
func (t *FileTabs) Set(all []FileTab, selected int) {
	if t.over >= len(all) {
		t.hover(-1, false)
	}
	t.all, t.selected = all, selected
	for len(t.texts) < len(all) {
		t.texts = append(t.texts, BarText())
		cross := canvas.NewImageFromResource(theme.CancelIcon())
		cross.FillMode = canvas.ImageFillContain
		t.crosses = append(t.crosses, cross)
	}
	t.texts, t.crosses = t.texts[:len(all)], t.crosses[:len(all)]
	t.Refresh()
}

func (t *FileTabs) textWidth(text string) float32 {
	return fyne.MeasureText(text, style.MonoSize, fyne.TextStyle{Bold: true}).Width // so that choosing moves none
}

// closes reports whether a tab has a cross.
func (t *FileTabs) closes(i int) bool { return i > 0 || i == 0 && t.Closable }

// beside is the room of a tab that is not its name's.
func (t *FileTabs) beside(i int) float32 {
	if !t.closes(i) {
		return 2 * fileTabPad
	}
	return fileTabPad + fileTabCross + 6
}

func (t *FileTabs) wanted(i int) float32 {
	return min(fileTabMost, t.textWidth(t.all[i].Name)+t.beside(i))
}

// widths are those of the tabs. Where they do not fit the first keeps its own and the others
// have equal parts of the rest, but for those that need less.
func (t *FileTabs) widths(room float32) []float32 {
	all := make([]float32, len(t.all))
	sum := float32(0)
	for i := range all {
		all[i] = t.wanted(i)
		sum += all[i]
	}
	if sum <= room || len(all) < 2 {
		return all
	}
	rest, least := room-all[0], fileTabMost
	for range len(all) { // each round settles one at least
		left, many := rest, 0
		for _, w := range all[1:] {
			if w <= least && w < fileTabMost {
				left -= w
				continue
			}
			many++
		}
		share := max(fileTabLeast, left/float32(max(many, 1)))
		if many == 0 || share >= least {
			break
		}
		least = share
		for i := range all[1:] {
			all[i+1] = min(t.wanted(i+1), least)
		}
	}
	return all
}

// at is the tab at x and whether its cross is there, -1 for none.
func (t *FileTabs) at(x float32) (tab int, cross bool) {
	left := float32(0)
	for i, w := range t.widths(t.Size().Width) {
		if x >= left && x < left+w {
			return i, t.closes(i) && x >= left+w-fileTabCross-4
		}
		left += w
	}
	return -1, false
}

// Tapped chooses a tab, or closes it.
func (t *FileTabs) Tapped(e *fyne.PointEvent) {
	t.over = -1
	t.Tip(t, false, nil)
	switch tab, cross := t.at(e.Position.X); {
	case tab < 0:
	case cross:
		t.Close(tab)
	default:
		t.Choose(tab)
	}
}

// MouseDown closes the tab under the middle button.
func (t *FileTabs) MouseDown(e *desktop.MouseEvent) {
	if e.Button != desktop.MouseButtonTertiary {
		return
	}
	if tab, _ := t.at(e.Position.X); t.closes(tab) {
		t.Tip(t, false, nil)
		t.Close(tab)
	}
}

// MouseUp does nothing.
func (t *FileTabs) MouseUp(*desktop.MouseEvent) {}

// MouseIn marks the tab that the pointer is on.
func (t *FileTabs) MouseIn(e *desktop.MouseEvent) { t.MouseMoved(e) }

// MouseMoved marks it and has its tip shown.
func (t *FileTabs) MouseMoved(e *desktop.MouseEvent) { t.hover(t.at(e.Position.X)) }

// MouseOut takes the mark away.
func (t *FileTabs) MouseOut() { t.hover(-1, false) }

func (t *FileTabs) hover(tab int, cross bool) {
	if tab == t.over && cross == t.onCross {
		return
	}
	if tab != t.over {
		if t.over >= 0 {
			t.Tip(t, false, nil)
		}
		if tab >= 0 && t.all[tab].Tip != "" {
			tip := t.all[tab].Tip
			t.Tip(t.texts[tab], true, func() string { return tip })
		}
	}
	t.over, t.onCross = tab, cross
	t.Refresh()
}

// MinSize is that of a narrow window: the tabs become as narrow as there is room.
func (t *FileTabs) MinSize() fyne.Size { return fyne.NewSize(120, barHeight+2) }

// CreateRenderer is what the toolkit draws it with.
func (t *FileTabs) CreateRenderer() fyne.WidgetRenderer { return &fileTabsRenderer{t} }

type fileTabsRenderer struct{ t *FileTabs }

func (r *fileTabsRenderer) Layout(size fyne.Size) {
	t, x := r.t, float32(0)
	t.shade.Hidden = true
	t.edge.Move(fyne.NewPos(0, size.Height-1))
	t.edge.Resize(fyne.NewSize(size.Width, 1))
	for i, w := range t.widths(size.Width) {
		text, tint := t.texts[i], style.ColorMuted
		if i == t.selected {
			tint = theme.ColorNameForeground
		}
		name := CutMiddle(t.all[i].Name, max(0, w-t.beside(i)), t.textWidth)
		PaintText(text, name, style.ThemeColor(tint), i == t.selected)
		least := text.MinSize()
		text.Move(fyne.NewPos(x+fileTabPad, (size.Height-least.Height)/2))
		text.Resize(least)
		cross := t.crosses[i]
		cross.Hidden = !t.closes(i)
		cross.Move(fyne.NewPos(x+w-fileTabCross, (size.Height-14)/2))
		cross.Resize(fyne.NewSquareSize(14))
		if i == t.selected {
			t.line.Move(fyne.NewPos(x+fileTabPad/2, size.Height-2))
			t.line.Resize(fyne.NewSize(w-fileTabPad, 2))
		}
		if i == t.over && (t.onCross || i != t.selected) {
			t.shade.Hidden = false
			t.shade.Move(fyne.NewPos(x, 1))
			t.shade.Resize(fyne.NewSize(w, size.Height-3))
			if t.onCross {
				t.shade.Move(fyne.NewPos(x+w-fileTabCross-3, (size.Height-20)/2))
				t.shade.Resize(fyne.NewSquareSize(20))
			}
		}
		x += w
	}
}

func (r *fileTabsRenderer) MinSize() fyne.Size { return r.t.MinSize() }

func (r *fileTabsRenderer) Refresh() {
	t := r.t
	r.Layout(t.Size())
	for _, cross := range t.crosses {
		cross.Resource = theme.CancelIcon()
		cross.Refresh()
	}
	t.line.FillColor = style.ThemeColor(theme.ColorNamePrimary)
	t.shade.FillColor = style.ThemeColor(theme.ColorNameHover)
	t.edge.FillColor = style.ThemeColor(theme.ColorNameSeparator)
	canvas.Refresh(t)
}

func (r *fileTabsRenderer) Destroy() {}

func (r *fileTabsRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.t.edge, r.t.shade}
	for i := range r.t.texts {
		all = append(all, r.t.texts[i], r.t.crosses[i])
	}
	return append(all, r.t.line)
}

// CutMiddle is a text that is cut in its middle where it is wider than there is room: of a
// file's name the end tells as much as the beginning.
func CutMiddle(text string, room float32, width func(string) float32) string {
	if width(text) <= room {
		return text
	}
	runes := []rune(text)
	fits, over := 0, len(runes) // of runes that are kept, how many do and how many do not
	cut := func(n int) string {
		return string(runes[:(n+1)/2]) + words.Ellipsis + string(runes[len(runes)-n/2:])
	}
	for over-fits > 1 {
		if n := (fits + over) / 2; width(cut(n)) <= room {
			fits = n
		} else {
			over = n
		}
	}
	return cut(fits)
}
