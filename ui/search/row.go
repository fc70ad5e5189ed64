package search

import (
	"image/color"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/capture/search"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

const (
	rowLeft     = 10
	snippetLeft = 74
	partWidth   = 108
	rowSpace    = 10
	listWidth   = 180 // at most, of the name of a tab

	// The columns of an exchange: where what is before the URL ends or begins.
	numberEnd  = 64
	timeLeft   = numberEnd + rowSpace
	methodLeft = timeLeft + 62
	statusLeft = methodLeft + methodWidth + rowSpace
	urlLeft    = statusLeft + 56

	methodWidth = 72
)

// row is a line of what was found: an exchange, or a place in it.
type row struct {
	widget.BaseWidget
	style.AppTheme
	room *room
	at   int

	back, behind *canvas.Rectangle
	texts        [4]*canvas.Text // method, status, URL, tab; or part, before, match, after
	number, time *canvas.Text    // of an exchange
}

var (
	_ fyne.Tappable     = (*row)(nil)
	_ desktop.Hoverable = (*row)(nil)
)

func newRow(r *room) *row {
	w := &row{room: r, back: canvas.NewRectangle(color.Transparent), behind: canvas.NewRectangle(color.Transparent)}
	for _, t := range []**canvas.Text{&w.texts[0], &w.texts[1], &w.texts[2], &w.texts[3], &w.number, &w.time} {
		*t = canvas.NewText("", color.Black)
		(*t).TextSize = style.TextSize
	}
	w.back.CornerRadius, w.behind.CornerRadius = 4, 2
	w.ExtendBaseWidget(w)
	return w
}

// show draws a line.
func (w *row) show(at int) {
	if at >= len(w.room.lines) {
		return
	}
	if !w.room.refreshing {
		w.room.scrolled.Store(time.Now().UnixMilli())
	}
	w.at = at
	w.back.FillColor = color.Transparent
	if at == w.room.at {
		w.back.FillColor = style.ThemeColor(style.ColorRowSelected)
	}
	if l := &w.room.lines[at]; l.snippet < 0 {
		w.showExchange(l)
	} else {
		w.showPlace(l)
	}
	w.Refresh()
}

func (w *row) showExchange(l *line) {
	x := &l.hit.Row
	w.behind.Hide()
	muted := style.ThemeColor(style.ColorMuted)
	uiwidget.SetText(w.number, strconv.FormatUint(uint64(x.ID), 10), muted)
	uiwidget.SetText(w.time, words.ClockText(x.Start, words.Seconds), muted)
	uiwidget.SetText(w.texts[0], style.CutText(words.VisibleText(x.Method), methodWidth), style.MethodColor(x.Method))
	uiwidget.SetText(w.texts[1], words.StatusText(x, x.Start), style.StatusColor(x))
	list := ""
	if w.room.Name != nil {
		list = style.CutText(words.VisibleText(w.room.Name(l.hit.Space)), listWidth)
	}
	uiwidget.SetText(w.texts[3], list, muted)
	room := w.Size().Width - w.urlLeft() - rowSpace
	if list != "" {
		room -= w.texts[3].MinSize().Width + 2*rowSpace
	}
	uiwidget.SetText(w.texts[2], style.CutText(words.VisibleText(w.room.Mask(x.URL())), room), style.ThemeColor(theme.ColorNameForeground))
}

// urlLeft is where the URL begins: a long word in place of a status moves it.
func (w *row) urlLeft() float32 { return max(urlLeft, statusLeft+w.texts[1].MinSize().Width+rowSpace) }

func (w *row) showPlace(l *line) {
	uiwidget.SetText(w.number, "", color.Black)
	uiwidget.SetText(w.time, "", color.Black)
	s := w.shown(&l.hit.Snippets[l.snippet])
	ink, muted := style.ThemeColor(theme.ColorNameForeground), style.ThemeColor(style.ColorMuted)
	more := ""
	if l.hit.More && l.snippet == len(l.hit.Snippets)-1 {
		more = " " + words.Ellipsis
	}
	uiwidget.SetText(w.texts[0], partText(s.Part), muted)
	room := max(60, w.Size().Width-snippetLeft-partWidth-3*rowSpace)
	match := style.CutText(words.VisibleText(s.Match), room*2/3)
	uiwidget.SetText(w.texts[2], match, ink)
	rest := room - w.texts[2].MinSize().Width
	before := rest / 2
	if s.Match == "" {
		before = rest
	}
	uiwidget.SetText(w.texts[1], cutFront(words.VisibleText(s.Before), before), ink)
	uiwidget.SetText(w.texts[3], style.CutText(words.VisibleText(s.After)+more, rest-w.texts[1].MinSize().Width), ink)
	w.behind.FillColor = style.ThemeColor(style.ColorMatch)
	uiwidget.SetShown(w.behind, s.Match != "")
}

// shown is a place without secrets while these are hidden: where there was one, no match is
// told apart from what is around it.
func (w *row) shown(s *search.Snippet) search.Snippet {
	whole := s.Before + s.Match + s.After
	if masked := w.room.Mask(whole); masked != whole {
		return search.Snippet{Part: s.Part, Before: masked}
	}
	return *s
}

// cutFront is a text without its beginning where it is too long.
func cutFront(text string, width float32) string {
	runes := []rune(text)
	at := len(runes)
	for at > 0 {
		if width -= style.RuneWidth(runes[at-1]); width < 0 {
			break
		}
		at--
	}
	if at == 0 {
		return text
	}
	return words.Ellipsis + string(runes[min(at+1, len(runes)):])
}

// Tapped shows the exchange.
func (w *row) Tapped(*fyne.PointEvent) { w.room.choose(w.at) }

func (w *row) MouseIn(*desktop.MouseEvent) {}

// MouseMoved chooses the line.
func (w *row) MouseMoved(*desktop.MouseEvent) {
	if w.room.at != w.at {
		w.room.at = w.at
		w.room.list.Refresh()
	}
}

func (w *row) MouseOut() {}

func (w *row) CreateRenderer() fyne.WidgetRenderer { return &rowRenderer{w} }

type rowRenderer struct{ w *row }

func (r *rowRenderer) MinSize() fyne.Size { return fyne.NewSize(200, style.RowHeight) }

func (r *rowRenderer) Layout(size fyne.Size) {
	w := r.w
	w.back.Resize(size)
	if w.at < len(w.room.lines) && w.room.lines[w.at].snippet >= 0 {
		r.layoutPlace(size)
		return
	}
	at := func(t *canvas.Text, x float32) {
		least := t.MinSize()
		t.Resize(least)
		t.Move(fyne.NewPos(x, (size.Height-least.Height)/2))
	}
	at(w.number, max(rowLeft, numberEnd-w.number.MinSize().Width))
	at(w.time, timeLeft)
	at(w.texts[0], methodLeft)
	at(w.texts[1], statusLeft)
	at(w.texts[2], w.urlLeft())
	at(w.texts[3], size.Width-w.texts[3].MinSize().Width-rowSpace) // the tab stands at the right
}

func (r *rowRenderer) layoutPlace(size fyne.Size) {
	w, x := r.w, float32(snippetLeft)
	for i, t := range w.texts {
		least := t.MinSize()
		t.Resize(least)
		t.Move(fyne.NewPos(x, (size.Height-least.Height)/2))
		if i == 2 {
			w.behind.Move(fyne.NewPos(x, 2))
			w.behind.Resize(fyne.NewSize(least.Width, size.Height-4))
		}
		if x += least.Width; i == 0 {
			x = snippetLeft + max(partWidth, least.Width+rowSpace)
		}
	}
}

func (r *rowRenderer) Refresh() {
	r.Layout(r.w.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *rowRenderer) Objects() []fyne.CanvasObject {
	w := r.w
	return []fyne.CanvasObject{w.back, w.behind, w.texts[0], w.texts[1], w.texts[2], w.texts[3], w.number, w.time}
}

func (r *rowRenderer) Destroy() {}
