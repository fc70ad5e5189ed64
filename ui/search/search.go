// Package search is the room that searches everything that is kept: URLs, fields and
// decoded bodies, in memory, on the disk and in opened sessions. It lies over the window
// as a dialog; package proxy/capture/search finds. A search begins while it is typed and
// shows what it finds as it comes.
package search

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/capture/search"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Deps is what the room needs of the window that it lies over.
type Deps struct {
	Window  fyne.Window
	Context context.Context                    // ends when the window is closed
	Work    func(slow func() func())           // runs slow beside the UI goroutine, and what that returns on it
	Do      func(func())                       // runs on the UI goroutine
	Open    func(dialog.Dialog)                // shows a dialog so that Escape closes it
	Places  func() []search.Place              // where to search, the newest first
	Choose  func(*search.Hit, *search.Snippet) // shows an exchange in the list, and a place in it; nil: none
	Name    func(space int) string             // of the list that a place is of; "" where there is one
	Mask    func(string) string                // a text as it is shown, without secrets while these are hidden
	Mistake func(*query.Error) string          // what a query expects where it cannot be understood
	Text    string                             // to begin with
}

const (
	// settle is how long nothing is typed before a search begins.
	settle = 150 * time.Millisecond
	// drawEvery is how often what was found is drawn.
	drawEvery = 120 * time.Millisecond
	pageRows  = 12
	// scrollRest is how long after a row was drawn for a person the search leaves room for drawing. With
	// two processors it takes both, and drawing, which without a graphics processor takes one, stutters.
	scrollRest = 250 * time.Millisecond
)

// room is the dialog. All but found belongs to the UI goroutine.
type room struct {
	Deps
	cancel context.CancelFunc // of the search under way
	asked  int                // searches that were begun: only the last is shown
	lines  []line
	at     int // chosen among lines

	refreshing bool         // the list is drawn for what was found, not for a person who scrolls
	scrolled   atomic.Int64 // when a person last did, in Unix milliseconds

	dialog dialog.Dialog
	entry  *uiwidget.ListEntry
	list   *virtual.List
	state  *widget.Label
	empty  *widget.Label
}

// line is one row of the list: an exchange, or a place in it.
type line struct {
	hit     *search.Hit
	snippet int // -1 for the exchange itself
}

// Open opens the room; it returns what the user typed when it is closed.
func Open(deps Deps, closed func(text string)) {
	r := newRoom(deps)
	r.dialog.SetOnClosed(func() {
		r.cancel()
		closed(r.entry.Text)
	})
}

func newRoom(deps Deps) *room {
	r := &room{Deps: deps, cancel: func() {}}
	r.entry = &uiwidget.ListEntry{Step: r.step, Page: pageRows, Choose: func() { r.choose(r.at) }, Leave: func() { r.dialog.Hide() }}
	r.entry.Extend(r.entry)
	r.entry.SetPlaceHolder(i18n.T("search.placeholder"))
	r.entry.OnChanged = r.search
	r.list = &virtual.List{}
	r.list.Length = func() int { return len(r.lines) }
	r.list.CreateItem = func() fyne.CanvasObject { return newRow(r) }
	r.list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*row).show(i) }
	r.list.HideSeparators = true
	r.list.ExtendBaseWidget(r.list)
	r.state = widget.NewLabel("")
	r.state.Wrapping, r.state.SizeName = fyne.TextWrapWord, theme.SizeNameCaptionText
	r.empty = widget.NewLabel(i18n.T("search.hint"))
	r.empty.Wrapping, r.empty.Importance = fyne.TextWrapWord, widget.LowImportance
	leave := widget.NewButton(i18n.T("close"), func() { r.dialog.Hide() })
	results := container.NewStack(uiwidget.NewLowered(container.NewThemeOverride(r.list, style.DenseTheme{})), container.NewPadded(r.empty))
	content := container.NewBorder(container.NewVBox(r.entry, r.state), container.NewBorder(nil, nil, nil, leave), nil, nil, results)
	r.dialog = dialog.NewCustomWithoutButtons(i18n.T("search.title"), content, r.Window)
	size := r.Window.Canvas().Size()
	r.dialog.Resize(fyne.NewSize(min(980, size.Width-40), min(680, size.Height-40)))
	r.Open(r.dialog)
	r.Window.Canvas().Focus(r.entry)
	if r.Text != "" {
		r.entry.SetText(r.Text) // which begins to search
		r.entry.TypedShortcut(&fyne.ShortcutSelectAll{})
	}
	return r
}

// found is what a search has found so far, and how far it is.
type found struct {
	mu    sync.Mutex
	lines []line
	now   search.Progress
	drawn time.Time
}

func (f *found) add(h search.Hit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, line{&h, -1})
	for i := range h.Snippets {
		f.lines = append(f.lines, line{&h, i})
	}
}

// due reports whether it is time to draw.
func (f *found) due(p search.Progress) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = p
	if time.Since(f.drawn) < drawEvery {
		return false
	}
	f.drawn = time.Now()
	return true
}

func (f *found) take() ([]line, search.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lines[:len(f.lines):len(f.lines)], f.now
}

// search searches for what was typed, in place of what is under way.
func (r *room) search(text string) {
	r.cancel()
	r.asked++
	asked := r.asked
	text = strings.TrimSpace(text)
	q, err := query.ParseAnywhere(text)
	r.show(nil)
	r.empty.SetText(i18n.T("search.hint"))
	switch {
	case err != nil:
		var bad *query.Error
		if errors.As(err, &bad) {
			r.state.SetText(r.Mistake(bad))
		}
		return
	case q.Empty():
		r.state.SetText("")
		return
	}
	r.state.SetText(i18n.T("search.running", words.CountText(0), words.CountText(0)))
	ctx, cancel := context.WithCancel(r.Context)
	r.cancel = cancel
	places := r.Places()
	f := &found{}
	draw := func() {
		lines, now := f.take()
		r.Do(func() {
			if asked == r.asked {
				r.show(lines)
				r.state.SetText(i18n.T("search.running", words.CountText(now.Hits), words.CountText(now.Looked)))
			}
		})
	}
	r.Work(func() func() {
		defer cancel()
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return func() {}
		}
		report := search.Run(ctx, q, places, f.add, func(p search.Progress) {
			if f.due(p) {
				draw()
			}
		}, r.scrolling)
		lines, _ := f.take()
		calledOff := ctx.Err() != nil
		return func() {
			if asked == r.asked && !calledOff {
				r.show(lines)
				r.state.SetText(reportText(&report))
				r.empty.SetText(emptyText(&report))
			}
		}
	})
}

// show puts lines into the list; what is chosen stays.
func (r *room) show(lines []line) {
	r.lines = lines
	r.at = max(0, min(r.at, len(lines)-1))
	if lines == nil {
		r.at = 0
		r.list.ScrollToTop()
	}
	uiwidget.SetShown(r.empty, len(lines) == 0)
	r.refreshing = true
	r.list.Refresh()
	r.refreshing = false
}

// scrolling reports whether a person goes through what was found; it may be called from any goroutine.
func (r *room) scrolling() bool {
	return time.Now().UnixMilli()-r.scrolled.Load() < scrollRest.Milliseconds()
}

// step chooses another line.
func (r *room) step(by int) {
	if len(r.lines) == 0 {
		return
	}
	r.at = min(max(r.at+by, 0), len(r.lines)-1)
	r.list.ScrollTo(r.at)
	r.list.Refresh()
}

// choose shows the exchange of a line in the window's list.
func (r *room) choose(at int) {
	if at < 0 || at >= len(r.lines) {
		return
	}
	l := &r.lines[at]
	r.dialog.Hide()
	if l.snippet < 0 {
		r.Choose(l.hit, nil)
		return
	}
	r.Choose(l.hit, &l.hit.Snippets[l.snippet])
}
