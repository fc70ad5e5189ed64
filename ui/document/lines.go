package document

import (
	"image/color"
	"posthouse/ui/style"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// LineView shows a document of any length: what a frame costs depends on the
// rows in sight alone. It scrolls by itself, because the toolkit's scroll
// positions are too coarse for millions of lines. Text can be selected with the
// mouse and copied. It belongs to the UI goroutine.
type LineView struct {
	widget.BaseWidget

	copyOut func(make func(limit int) (text string, whole bool)) // puts what make returns on the clipboard
	Menu    func(at Pos, selected bool) []*fyne.MenuItem         // more for the context menu; may be nil
	OnKey   func(*fyne.KeyEvent) bool                            // sees keys first; may be nil
	OnFind  func()                                               // Ctrl+F; nil: left to the window

	edit *Editor // whose text is shown, and that has the keys; nil: nothing is edited

	// Beside is scrolled with this one, and this one with it; nil for none.
	Beside *LineView

	Port     viewport
	selected lineSelection
	Matches  lineMatches
	current  int     // the line that was gone to, counted from 1; 0 for none
	barGrab  float32 // where on the thumb a drag began; below 0 for no drag
}

// monospace is how documents are drawn.
var monospace = fyne.TextStyle{Monospace: true}

const (
	barWidth    float32 = 10 // of the scroll bar
	minThumb    float32 = 24
	gutterSpace float32 = 12 // between line numbers and text
)

// NewLineView makes an empty view; copyOut is asked to copy, and calls what it is given
// off the UI goroutine.
func NewLineView(copyOut func(func(int) (string, bool))) *LineView {
	v := &LineView{copyOut: copyOut, Matches: lineMatches{now: -1}, barGrab: -1}
	v.Port.Doc, v.Port.Wrap = noDocument, true
	v.Port.measure()
	v.ExtendBaseWidget(v)
	return v
}

// Display puts another document into view, from its start.
func (v *LineView) Display(doc document) {
	v.Port.home()
	v.selected.docSelection, v.Matches, v.current = docSelection{}, lineMatches{now: -1}, 0
	v.Replace(doc)
}

// Replace puts a newer state of the same document into view: what was in sight
// and what was selected stay, as far as they are still there.
func (v *LineView) Replace(doc document) {
	if doc == nil {
		doc = noDocument
	}
	v.Port.Doc = doc
	v.selected.clip(Pos{doc.Len(), 0})
	v.Port.clamp()
	v.Refresh()
}

// SetWrap keeps the first line in sight where it is.
func (v *LineView) SetWrap(on bool) {
	v.Port.Wrap, v.Port.Top.row, v.Port.shift, v.Port.column = on, 0, 0, 0
	v.Port.clamp()
	v.Refresh()
}

// Scroll moves what is in sight by some pixels, down for more than zero.
func (v *LineView) Scroll(by float32) {
	v.Port.scroll(by)
	v.Refresh()
}

// ScrollToThumb brings the scroll bar's handle to a place.
func (v *LineView) ScrollToThumb(y float32) {
	v.Port.scrollToThumb(y)
	v.Refresh()
}

// setColumn scrolls sideways.
func (v *LineView) setColumn(column int) {
	if v.Port.setColumn(column) {
		v.Refresh()
	}
}

// setMatches marks what a search found and goes to the first match from what is
// in sight on. With stay, nothing moves: the same was searched in a newer state
// of the document.
func (v *LineView) setMatches(found []match, stay bool) {
	before := v.Matches.replace(found)
	switch {
	case len(found) == 0:
	case stay && before.Line < v.Port.Doc.Len():
		v.Matches.standAt(before)
	default:
		v.goTo(v.Matches.first(v.Port.Top.line))
		return
	}
	v.Refresh()
}

// nextMatch goes on by some matches, around the end.
func (v *LineView) nextMatch(by int) {
	if len(v.Matches.All) > 0 {
		v.goTo(v.Matches.next(by))
	}
}

// goTo makes a match the one the search stands at.
func (v *LineView) goTo(i int) {
	v.Matches.now = i
	m := v.Matches.All[i]
	v.Port.reveal(Pos{m.Line, m.from})
	v.Refresh()
}

// keepBeside brings the same rows into sight in the view beside.
func (v *LineView) keepBeside() {
	o := v.Beside
	if o == nil || o.Port.Top == v.Port.Top && o.Port.shift == v.Port.shift && o.Port.column == v.Port.column {
		return
	}
	o.Port.Top, o.Port.shift, o.Port.column = v.Port.Top, v.Port.shift, v.Port.column
	o.Refresh()
}

// TopLine is the first line in sight.
func (v *LineView) TopLine() int { return v.Port.Top.line }

// Current is the line that was gone to last, or -1.
func (v *LineView) Current() int { return v.current - 1 }

// SetCurrent brings a line into sight, and marks it as the one that was gone to.
func (v *LineView) SetCurrent(line int) {
	v.current = line + 1
	v.Port.reveal(Pos{Line: line})
	v.Refresh()
}

// lineColor is the colour of a span.
func lineColor(name fyne.ThemeColorName) color.Color {
	if name == "" {
		name = theme.ColorNameForeground
	}
	return style.ThemeColor(name)
}

// MinSize lets the view shrink to a few lines.
func (v *LineView) MinSize() fyne.Size {
	v.ExtendBaseWidget(v)
	return fyne.NewSize(80, v.Port.Row*2)
}

// Resize tells the grid before the renderer lays it out.
func (v *LineView) Resize(size fyne.Size) {
	v.Port.size = size
	v.BaseWidget.Resize(size)
}

func (v *LineView) CreateRenderer() fyne.WidgetRenderer {
	bar := canvas.NewRectangle(style.ThemeColor(theme.ColorNameScrollBar))
	bar.CornerRadius = barWidth / 2
	caret := canvas.NewRectangle(style.ThemeColor(theme.ColorNamePrimary))
	caret.Hide()
	return &lineRenderer{v: v, bar: bar, caret: caret, rows: map[rowAt]*drawnRow{}}
}
