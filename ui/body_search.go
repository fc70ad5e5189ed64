package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// searchBar finds text in a lineView. It is hidden until it is opened.
type searchBar struct {
	worker *worker
	lines  *lineView
	more   bool // there are more matches than are kept

	entry  *searchEntry
	count  *uiwidget.CutLabel
	object *fyne.Container
	parent func() // lays out what the bar stands in
}

// searchEntry hands some keys and shortcuts on.
type searchEntry struct {
	widget.Entry
	key func(*fyne.KeyEvent) bool
}

func (e *searchEntry) TypedKey(k *fyne.KeyEvent) {
	if !e.key(k) {
		e.Entry.TypedKey(k)
	}
}

// TypedShortcut gives the window its shortcuts.
func (e *searchEntry) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*desktop.CustomShortcut); ok {
		toWindow(e, s)
		return
	}
	e.Entry.TypedShortcut(s)
}

func newSearchBar(w *worker, lines *lineView) *searchBar {
	s := &searchBar{worker: w, lines: lines, entry: &searchEntry{}, count: uiwidget.NewCutLabel(style.ColorMuted), parent: func() {}}
	s.count.Stiff = true
	s.entry.ExtendBaseWidget(s.entry)
	s.entry.key = s.entryKey
	s.entry.OnChanged = func(string) { s.search(false) }
	buttons := container.NewHBox(container.NewCenter(s.count), uiwidget.NewBarButton(theme.MoveUpIcon(), func() { s.step(-1) }),
		uiwidget.NewBarButton(theme.MoveDownIcon(), func() { s.step(1) }), uiwidget.NewBarButton(theme.CancelIcon(), s.close))
	s.object = container.NewBorder(nil, nil, nil, buttons, s.entry)
	s.object.Hide()
	return s
}

func (s *searchBar) open() {
	s.object.Show()
	s.parent()
	s.retranslate()
	s.entry.TypedShortcut(&fyne.ShortcutSelectAll{})
	s.focus(s.entry)
	s.search(false)
}

func (s *searchBar) close() {
	s.worker.cancel(taskSearch)
	s.object.Hide()
	s.parent()
	s.lines.setMatches(nil, false)
	s.focus(s.lines)
}

func (s *searchBar) focus(o fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s.lines); c != nil {
		c.Focus(o)
	}
}

// changed searches again: there is another document, or a newer state of the same.
func (s *searchBar) changed(same bool) {
	if s.object.Visible() {
		s.search(same)
	}
}

// searchLimit bounds the matches that are kept.
const searchLimit = 10_000

// search has the worker search. With stay, the lines do not move to a match.
func (s *searchBar) search(stay bool) {
	needle, doc := s.entry.Text, s.lines.port.doc
	if needle == "" {
		s.worker.cancel(taskSearch)
		s.found(nil, false, stay)
		return
	}
	s.worker.post(taskSearch, func(ctx context.Context) {
		matches, more := doc.Find(ctx, needle, searchLimit)
		s.worker.handOver(ctx, func() {
			if s.lines.port.doc == doc && s.entry.Text == needle && s.object.Visible() {
				s.found(matches, more, stay)
			}
		})
	})
}

func (s *searchBar) found(matches []docMatch, more, stay bool) {
	s.more = more
	s.lines.setMatches(matches, stay)
	s.retranslate()
}

func (s *searchBar) step(by int) {
	s.lines.nextMatch(by)
	s.retranslate()
}

// retranslate says which match is marked, and of how many.
func (s *searchBar) retranslate() {
	if !s.object.Visible() {
		return
	}
	s.entry.SetPlaceHolder(i18n.T("details.search_hint"))
	text, n := "", len(s.lines.matches.all)
	switch {
	case n > 0 && s.more:
		text = i18n.T("details.search_more", words.CountText(s.lines.matches.now+1), words.CountText(n))
	case n > 0:
		text = i18n.T("details.search_count", words.CountText(s.lines.matches.now+1), words.CountText(n))
	case s.entry.Text != "":
		text = i18n.T("details.search_none")
	}
	s.count.Set(text)
	s.object.Refresh()
}

// entryKey is the keys of the entry.
func (s *searchBar) entryKey(k *fyne.KeyEvent) bool {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyDown, fyne.KeyF3:
		s.step(1)
	case fyne.KeyUp:
		s.step(-1)
	case fyne.KeyEscape:
		s.close()
	default:
		return false
	}
	return true
}

// key is the keys of the lines that belong to the search.
func (s *searchBar) key(k *fyne.KeyEvent) bool {
	if k.Name == fyne.KeyF3 {
		s.step(1)
		return true
	}
	if k.Name == fyne.KeyEscape && s.object.Visible() {
		s.close()
		return true
	}
	return false
}
