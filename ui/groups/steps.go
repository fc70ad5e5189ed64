package groups

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	draft "posthouse/app/compose"
	"posthouse/app/groups"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// stepList is the list of the requests. While it has the focus the arrows go through it, Alt
// with them moves what is chosen, Delete takes it out.
type stepList struct {
	virtual.List
	sheet   *sheet
	marking bool // the list's selection follows, and nobody has chosen
}

func newStepList(s *sheet) *stepList {
	l := &stepList{sheet: s}
	l.Length = func() int { return len(s.room.now.Steps) }
	l.CreateItem = func() fyne.CanvasObject { return newStepRow(s) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*stepRow).show(i) }
	l.OnSelected = func(i widget.ListItemID) {
		if !l.marking {
			l.choose(i)
		}
	}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// choose goes to a request.
func (l *stepList) choose(i int) {
	r := l.sheet.room
	if i < 0 || i >= len(r.now.Steps) {
		return
	}
	r.at = i
	l.show()
	l.sheet.arm()
	if l.sheet.pages.Selected == pageResults {
		l.sheet.pages.Choose(pageValues)
		return
	}
	l.sheet.showPage()
}

// show draws the requests, and marks the one that is chosen.
func (l *stepList) show() {
	l.Refresh()
	l.marking = true
	defer func() { l.marking = false }()
	if r := l.sheet.room; r.step() != nil {
		l.Select(r.at)
	} else {
		l.UnselectAll()
	}
}

// TypedKey is a key while the list has the focus.
func (l *stepList) TypedKey(e *fyne.KeyEvent) {
	r := l.sheet.room
	switch e.Name {
	case fyne.KeyEscape:
		l.sheet.hide()
	case fyne.KeyUp:
		l.choose(r.at - 1)
	case fyne.KeyDown:
		l.choose(r.at + 1)
	case fyne.KeyHome:
		l.choose(0)
	case fyne.KeyEnd:
		l.choose(len(r.now.Steps) - 1)
	case fyne.KeyDelete:
		r.drop()
	case fyne.KeyReturn, fyne.KeyEnter:
		l.sheet.pages.Choose(pageValues)
		l.sheet.values.focus()
	}
}

// TypedShortcut are keys of the room.
func (l *stepList) TypedShortcut(s fyne.Shortcut) { l.sheet.shortcut(s) }

// stepRow is a request in the list. It can be dragged to another place.
type stepRow struct {
	widget.BaseWidget
	sheet  *sheet
	at     int
	object fyne.CanvasObject
	name   *uiwidget.CutLabel
	what   *uiwidget.CutLabel
}

var _ fyne.Draggable = (*stepRow)(nil)

func newStepRow(s *sheet) *stepRow {
	w := &stepRow{sheet: s, at: -1, name: uiwidget.NewCutLabel(theme.ColorNameForeground), what: uiwidget.NewCutLabel(style.ColorMuted)}
	w.name.Bold, w.what.Shown.TextSize = true, 11
	w.object = container.New(uiwidget.TightColumn{}, w.name, w.what)
	w.ExtendBaseWidget(w)
	return w
}

func (w *stepRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.object) }

// Dragged shows where the request would go; DragEnd takes it there.
func (w *stepRow) Dragged(e *fyne.DragEvent) {
	if d := w.sheet.drag; d.Over(w.at, w.Size().Height, e.AbsolutePosition) {
		d.Show(0)
	}
}

// DragEnd takes the request to its place.
func (w *stepRow) DragEnd() {
	d := w.sheet.drag
	if line, ok := d.Drop(); ok {
		w.sheet.room.move(line, d.Gap)
	}
}

func (w *stepRow) show(i int) {
	g := w.sheet.room.now
	if w.at = i; i >= len(g.Steps) {
		return
	}
	w.name.Set(fmt.Sprintf("%d  %s", i+1, titleOf(g.Steps[i].Draft)))
	text, trouble := stepText(g, i)
	ink := style.ColorMuted
	if trouble {
		ink = theme.ColorNameError
	}
	w.what.SetColored(text, ink)
}

func titleOf(d *draft.Draft) string {
	if title := d.Title(); title != "" {
		return title
	}
	return i18n.T("compose.untitled")
}

// stepText is what a request gives and lacks, in a line.
func stepText(g *groups.Group, i int) (text string, trouble bool) {
	s := g.Steps[i]
	var parts, lacks, gives []string
	for _, u := range g.Uses(i) {
		if !u.Known() {
			lacks = append(lacks, u.Name)
		}
	}
	for _, t := range s.Takes {
		gives = append(gives, t.Name)
	}
	if !s.Ready() {
		parts, trouble = append(parts, i18n.T("groups.nowhere")), true
	}
	if _, err := s.CheckTakes(); err != nil {
		parts, trouble = append(parts, i18n.T("groups.step.wrong")), true
	}
	if len(lacks) > 0 {
		parts, trouble = append(parts, i18n.T("groups.step.lacks", words.ShortText(strings.Join(lacks, ", "), 100))), true
	}
	if len(gives) > 0 {
		parts = append(parts, i18n.T("groups.step.gives", words.ShortText(strings.Join(gives, ", "), 100)))
	}
	if len(parts) == 0 {
		parts = append(parts, i18n.T("groups.step.plain"))
	}
	return strings.Join(parts, "  ·  "), trouble
}

// addMenu is where a request can come from.
func (s *sheet) addMenu() *fyne.Menu {
	r := s.room
	menu := fyne.NewMenu("", fyne.NewMenuItem(i18n.T("compose.untitled"), func() {
		r.append([]*draft.Draft{draft.New()})
		s.pages.Choose(pageRequest)
		s.request.focus()
	}))
	rows := r.deps.Rows()
	selected := fyne.NewMenuItem(i18n.N("groups.add.rows", rows, words.CountText(rows)), func() { r.deps.AddRows(r.append) })
	selected.Disabled = rows == 0
	menu.Items = append(menu.Items, selected)
	tabs := r.deps.Tabs()
	if len(tabs) == 0 {
		return menu
	}
	menu.Items = append(menu.Items, fyne.NewMenuItemSeparator())
	if len(tabs) > 1 {
		menu.Items = append(menu.Items, fyne.NewMenuItem(i18n.N("groups.add.tabs", len(tabs), len(tabs)), func() { r.append(tabs) }))
	}
	for _, d := range tabs {
		menu.Items = append(menu.Items, fyne.NewMenuItem(words.VisibleText(words.ShortText(titleOf(d), 60)), func() {
			r.append([]*draft.Draft{d})
		}))
	}
	return menu
}
