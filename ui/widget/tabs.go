package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/style"
)

// TabBar is a thin row of tabs; the chosen one is underlined and dark. While it
// has the focus, the arrows left and right choose; all other keys are the window's.
type TabBar struct {
	widget.BaseWidget
	chosen   func(int)
	labels   []string
	Selected int
	over     int // under the mouse, -1 for none
	focused  bool

	texts []*canvas.Text
	line  *canvas.Rectangle
	shade *canvas.Rectangle
}

// Left and right of a tab's text: as it should be, and at least.
const (
	tabPad   float32 = 12
	leastPad float32 = 3
)

var (
	_ fyne.Tappable     = (*TabBar)(nil)
	_ desktop.Hoverable = (*TabBar)(nil)
	_ fyne.Focusable    = (*TabBar)(nil)
)

// NewTabBar makes a bar without tabs; chosen is called with the one that is opened.
func NewTabBar(chosen func(int)) *TabBar {
	t := &TabBar{chosen: chosen, over: -1, line: canvas.NewRectangle(nil), shade: canvas.NewRectangle(nil)}
	t.ExtendBaseWidget(t)
	return t
}

// SetLabels names the tabs.
func (t *TabBar) SetLabels(labels ...string) {
	t.labels = labels
	for len(t.texts) < len(labels) {
		t.texts = append(t.texts, BarText())
	}
	t.Refresh()
}

// textWidth of tab i; bold, so that choosing one does not move the others.
func (t *TabBar) textWidth(i int) float32 {
	return fyne.MeasureText(t.labels[i], t.texts[i].TextSize, fyne.TextStyle{Bold: true}).Width
}

// width of tab i as it stands.
func (t *TabBar) width(i int) float32 { return t.textWidth(i) + 2*t.pad() }

// pad is less where the tabs do not fit.
func (t *TabBar) pad() float32 {
	if len(t.labels) == 0 || t.Size().Width == 0 {
		return tabPad
	}
	missing := t.MinSize().Width - style.LeftSpace - t.Size().Width
	return max(leastPad, tabPad-max(0, missing)/float32(2*len(t.labels)))
}

func (t *TabBar) at(x float32) int {
	for i := range t.labels {
		if x -= t.width(i); x < 0 {
			return i
		}
	}
	return -1
}

// Choose opens a tab.
func (t *TabBar) Choose(i int) {
	if i < 0 || i == t.Selected {
		return
	}
	t.Selected = i
	t.Refresh()
	t.chosen(i)
}

func (t *TabBar) FocusGained() {
	t.focused = true
	t.Refresh()
}

func (t *TabBar) FocusLost() {
	t.focused = false
	t.Refresh()
}

func (t *TabBar) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		t.Choose(t.Selected - 1)
	case fyne.KeyRight:
		if t.Selected+1 < len(t.labels) {
			t.Choose(t.Selected + 1)
		}
	default:
		if c := fyne.CurrentApp().Driver().CanvasForObject(t); c != nil && c.OnTypedKey() != nil {
			c.OnTypedKey()(e)
		}
	}
}

func (t *TabBar) TypedRune(r rune) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(t); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

func (t *TabBar) Tapped(e *fyne.PointEvent) { t.Choose(t.at(e.Position.X)) }

func (t *TabBar) MouseIn(e *desktop.MouseEvent) { t.MouseMoved(e) }

func (t *TabBar) MouseMoved(e *desktop.MouseEvent) { t.hover(t.at(e.Position.X)) }

func (t *TabBar) MouseOut() { t.hover(-1) }

func (t *TabBar) hover(i int) {
	if i != t.over {
		t.over = i
		t.Refresh()
	}
}

func (t *TabBar) MinSize() fyne.Size {
	width := float32(0)
	for i := range t.labels {
		width += t.textWidth(i) + 2*tabPad
	}
	return fyne.NewSize(width, barHeight)
}

func (t *TabBar) CreateRenderer() fyne.WidgetRenderer { return &tabRenderer{t} }

type tabRenderer struct{ t *TabBar }

func (r *tabRenderer) Layout(size fyne.Size) {
	t, x := r.t, float32(-style.LeftSpace)
	r.t.shade.Hidden = true
	for i, text := range t.texts {
		width := t.width(i)
		least := text.MinSize()
		text.Move(fyne.NewPos(x+(width-least.Width)/2, (size.Height-least.Height)/2))
		text.Resize(least)
		if i == t.Selected {
			t.line.Move(fyne.NewPos(x+t.pad()/2, size.Height-2))
			t.line.Resize(fyne.NewSize(width-t.pad(), 2))
		}
		if i == t.over && i != t.Selected || t.focused && t.over < 0 && i == t.Selected {
			t.shade.Hidden = false
			t.shade.Move(fyne.NewPos(x, 0))
			t.shade.Resize(fyne.NewSize(width, size.Height))
		}
		x += width
	}
}

func (r *tabRenderer) MinSize() fyne.Size { return r.t.MinSize() }

func (r *tabRenderer) Refresh() {
	t := r.t
	for i, text := range t.texts {
		c := style.ColorMuted
		if i == t.Selected {
			c = theme.ColorNameForeground
		}
		PaintText(text, t.labels[i], style.ThemeColor(c), i == t.Selected)
	}
	t.line.FillColor = style.ThemeColor(theme.ColorNamePrimary)
	t.shade.FillColor = style.ThemeColor(theme.ColorNameHover)
	r.Layout(t.Size())
	canvas.Refresh(t)
}

func (r *tabRenderer) Destroy() {}

func (r *tabRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.t.shade}
	for _, text := range r.t.texts {
		all = append(all, text)
	}
	return append(all, r.t.line)
}
