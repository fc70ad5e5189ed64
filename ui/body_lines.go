package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/style"
)

// lineView shows a document of any length: what a frame costs depends on the
// rows in sight alone. It scrolls by itself, because the toolkit's scroll
// positions are too coarse for millions of lines. Text can be selected with the
// mouse and copied. It belongs to the UI goroutine.
type lineView struct {
	widget.BaseWidget

	copyOut func(make func(limit int) (text string, whole bool)) // puts what make returns on the clipboard
	menu    func(at docPos, selected bool) []*fyne.MenuItem      // more for the context menu; may be nil
	onKey   func(*fyne.KeyEvent) bool                            // sees keys first; may be nil
	onFind  func()                                               // Ctrl+F; nil: left to the window

	port     viewport
	selected lineSelection
	matches  lineMatches
	barGrab  float32 // where on the thumb a drag began; below 0 for no drag
}

// monospace is how documents are drawn.
var monospace = fyne.TextStyle{Monospace: true}

const (
	barWidth    float32 = 10 // of the scroll bar
	minThumb    float32 = 24
	gutterSpace float32 = 12 // between line numbers and text
)

func newLineView(copyOut func(func(int) (string, bool))) *lineView {
	v := &lineView{copyOut: copyOut, matches: lineMatches{now: -1}, barGrab: -1}
	v.port.doc, v.port.wrap = noDocument, true
	v.port.measure()
	v.ExtendBaseWidget(v)
	return v
}

// show puts another document into view, from its start.
func (v *lineView) show(doc document) {
	v.port.home()
	v.selected.docSelection, v.matches = docSelection{}, lineMatches{now: -1}
	v.replace(doc)
}

// replace puts a newer state of the same document into view: what was in sight
// and what was selected stay, as far as they are still there.
func (v *lineView) replace(doc document) {
	if doc == nil {
		doc = noDocument
	}
	v.port.doc = doc
	v.selected.clip(docPos{doc.Len(), 0})
	v.port.clamp()
	v.Refresh()
}

// setWrap keeps the first line in sight where it is.
func (v *lineView) setWrap(on bool) {
	v.port.wrap, v.port.top.row, v.port.shift, v.port.column = on, 0, 0, 0
	v.port.clamp()
	v.Refresh()
}

// scroll moves what is in sight by some pixels, down for more than zero.
func (v *lineView) scroll(by float32) {
	v.port.scroll(by)
	v.Refresh()
}

// scrollToThumb brings the scroll bar's handle to a place.
func (v *lineView) scrollToThumb(y float32) {
	v.port.scrollToThumb(y)
	v.Refresh()
}

// setColumn scrolls sideways.
func (v *lineView) setColumn(column int) {
	if v.port.setColumn(column) {
		v.Refresh()
	}
}

// setMatches marks what a search found and goes to the first match from what is
// in sight on. With stay, nothing moves: the same was searched in a newer state
// of the document.
func (v *lineView) setMatches(found []docMatch, stay bool) {
	before := v.matches.replace(found)
	switch {
	case len(found) == 0:
	case stay && before.line < v.port.doc.Len():
		v.matches.standAt(before)
	default:
		v.goTo(v.matches.first(v.port.top.line))
		return
	}
	v.Refresh()
}

// nextMatch goes on by some matches, around the end.
func (v *lineView) nextMatch(by int) {
	if len(v.matches.all) > 0 {
		v.goTo(v.matches.next(by))
	}
}

// goTo makes a match the one the search stands at.
func (v *lineView) goTo(i int) {
	v.matches.now = i
	m := v.matches.all[i]
	v.port.reveal(docPos{m.line, m.from})
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
func (v *lineView) MinSize() fyne.Size {
	v.ExtendBaseWidget(v)
	return fyne.NewSize(80, v.port.row*2)
}

// Resize tells the grid before the renderer lays it out.
func (v *lineView) Resize(size fyne.Size) {
	v.port.size = size
	v.BaseWidget.Resize(size)
}

func (v *lineView) CreateRenderer() fyne.WidgetRenderer {
	bar := canvas.NewRectangle(style.ThemeColor(theme.ColorNameScrollBar))
	bar.CornerRadius = barWidth / 2
	return &lineRenderer{v: v, bar: bar, rows: map[rowAt]*drawnRow{}}
}
