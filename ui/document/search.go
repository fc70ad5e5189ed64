package document

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/capture/query"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// SearchBar finds text in a LineView. It is hidden until it is opened.
type SearchBar struct {
	worker *Worker
	lines  *LineView
	more   bool // there are more matches than are kept
	bad    bool // what is looked for is no regular expression

	Entry  *searchEntry
	Count  *uiwidget.CutLabel
	Regexp *uiwidget.BarButton // is down where a regular expression is looked for
	Object *fyne.Container
	Parent func() // lays out what the bar stands in
}

// searchEntry hands some keys and shortcuts on.
type searchEntry struct {
	widget.Entry
	key    func(*fyne.KeyEvent) bool
	toggle func()
}

func (e *searchEntry) TypedKey(k *fyne.KeyEvent) {
	if !e.key(k) {
		e.Entry.TypedKey(k)
	}
}

// CreateRenderer leaves the bars out.
func (e *searchEntry) CreateRenderer() fyne.WidgetRenderer { return uiwidget.BareRenderer(&e.Entry) }

// TypedShortcut gives the window its shortcuts.
func (e *searchEntry) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok {
		if c.KeyName == fyne.KeyR && c.Modifier == fyne.KeyModifierAlt {
			e.toggle()
			return
		}
		toWindow(e, s)
		return
	}
	if uiwidget.Fits(&e.Entry, e, s) {
		e.Entry.TypedShortcut(s)
	}
}

// NewSearchBar makes the bar that searches what a view shows. It is hidden until Open.
func NewSearchBar(w *Worker, lines *LineView) *SearchBar {
	s := &SearchBar{worker: w, lines: lines, Entry: &searchEntry{}, Count: uiwidget.NewCutLabel(style.ColorMuted), Parent: func() {}}
	s.Count.Stiff = true
	s.Entry.ExtendBaseWidget(s.Entry)
	s.Entry.key = s.entryKey
	s.Entry.OnChanged = func(string) { s.search(false) }
	s.Regexp = uiwidget.NewBarButton(nil, s.toggleRegexp)
	s.Regexp.Label = ".*"
	s.Entry.toggle = s.toggleRegexp
	buttons := container.NewHBox(container.NewCenter(s.Count), container.NewCenter(s.Regexp),
		uiwidget.NewBarButton(theme.MoveUpIcon(), func() { s.step(-1) }),
		uiwidget.NewBarButton(theme.MoveDownIcon(), func() { s.step(1) }), uiwidget.NewBarButton(theme.CancelIcon(), s.close))
	s.Object = container.NewBorder(nil, nil, nil, buttons, s.Entry)
	s.Object.Hide()
	return s
}

// Open shows the bar with the focus in it.
func (s *SearchBar) Open() {
	s.Object.Show()
	s.Parent()
	s.Retranslate()
	s.Entry.TypedShortcut(&fyne.ShortcutSelectAll{})
	s.focus(s.Entry)
	s.search(false)
}

func (s *SearchBar) close() {
	s.worker.Cancel(TaskSearch)
	s.Object.Hide()
	s.Parent()
	s.lines.setMatches(nil, false)
	s.focus(s.lines)
}

func (s *SearchBar) focus(o fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s.lines); c != nil {
		c.Focus(o)
	}
}

// Changed searches again: there is another document, or a newer state of the same.
func (s *SearchBar) Changed(same bool) {
	if s.Object.Visible() {
		s.search(same)
	}
}

// searchLimit bounds the matches that are kept.
const searchLimit = 10_000

// search has the worker search. With stay, the lines do not move to a match.
func (s *SearchBar) search(stay bool) {
	needle, doc := s.Entry.Text, s.lines.Port.Doc
	if s.bad = false; needle == "" {
		s.worker.Cancel(TaskSearch)
		s.found(nil, false, stay)
		return
	}
	find, ok := s.finder(doc, needle)
	if s.bad = !ok; s.bad {
		s.worker.Cancel(TaskSearch)
		s.found(nil, false, stay)
		return
	}
	s.worker.Post(TaskSearch, func(ctx context.Context) {
		matches, more := find(ctx, searchLimit)
		s.worker.HandOver(ctx, func() {
			if s.lines.Port.Doc == doc && s.Entry.Text == needle && s.Object.Visible() {
				s.found(matches, more, stay)
			}
		})
	})
}

// finder looks for what was typed in a document; ok is false where that is to be a regular
// expression and is none.
func (s *SearchBar) finder(doc document, needle string) (find func(context.Context, int) ([]match, bool), ok bool) {
	if in, can := doc.(expressionFinder); can && s.Regexp.On() {
		e, bad := query.CompileExpression(needle)
		if bad != nil {
			return nil, false
		}
		return func(ctx context.Context, limit int) ([]match, bool) { return in.find(ctx, byExpression(e), limit) }, true
	}
	return func(ctx context.Context, limit int) ([]match, bool) { return doc.Find(ctx, needle, limit) }, true
}

// toggleRegexp has regular expressions looked for, or texts.
func (s *SearchBar) toggleRegexp() {
	s.Regexp.SetOn(!s.Regexp.On())
	s.search(false)
}

func (s *SearchBar) found(matches []match, more, stay bool) {
	s.more = more
	s.lines.setMatches(matches, stay)
	s.Retranslate()
}

func (s *SearchBar) step(by int) {
	s.lines.nextMatch(by)
	s.Retranslate()
}

// Retranslate says which match is marked, and of how many.
func (s *SearchBar) Retranslate() {
	if !s.Object.Visible() {
		return
	}
	s.Entry.SetPlaceHolder(i18n.T(map[bool]string{false: "details.search_hint", true: "details.search_hint.regexp"}[s.Regexp.On()]))
	text, n := "", len(s.lines.Matches.All)
	switch {
	case n > 0 && s.more:
		text = i18n.T("details.search_more", words.CountText(s.lines.Matches.now+1), words.CountText(n))
	case n > 0:
		text = i18n.T("details.search_count", words.CountText(s.lines.Matches.now+1), words.CountText(n))
	case s.bad:
		text = i18n.T("details.search_bad")
	case s.Entry.Text != "":
		text = i18n.T("details.search_none")
	}
	s.Count.Set(text)
	s.Object.Refresh()
}

// entryKey is the keys of the entry.
func (s *SearchBar) entryKey(k *fyne.KeyEvent) bool {
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

// Key is the keys of the lines that belong to the search.
func (s *SearchBar) Key(k *fyne.KeyEvent) bool {
	if k.Name == fyne.KeyF3 {
		s.step(1)
		return true
	}
	if k.Name == fyne.KeyEscape && s.Object.Visible() {
		s.close()
		return true
	}
	return false
}
