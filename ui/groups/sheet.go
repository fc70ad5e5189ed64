package groups

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/groups"
	"posthouse/ui/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// sheet is the dialog while it is open.
type sheet struct {
	room   *Room
	filled bool // it is being shown: what changes is no person's doing
	keep   bool // closing it ends nothing

	dialog  dialog.Dialog
	content *fyne.Container
	choice  *widget.Select
	name    *uiwidget.KeyEntry
	notice  *uiwidget.NoticeBox
	steps   *stepList
	drag    *uiwidget.ListDrag
	hint    *widget.Label
	pages   *uiwidget.TabBar
	shown   [3]fyne.CanvasObject
	values  *valuesPage
	request *requestPage
	results *compose.Outcomes

	times    *uiwidget.KeyEntry
	goOn     *widget.Check
	fresh    *widget.Check
	start    *widget.Button
	progress *widget.ProgressBar
	summary  *widget.Label
	buttons  struct{ up, down, delete *widget.Button }
}

// The pages, in their order.
const (
	pageValues = iota
	pageRequest
	pageResults
)

func newSheet(r *Room) *sheet {
	s := &sheet{room: r, notice: uiwidget.NewNoticeBox(), progress: widget.NewProgressBar(), summary: widget.NewLabel("")}
	s.summary.Wrapping = fyne.TextWrapWord
	split := container.NewHSplit(s.left(), s.right())
	split.Offset = 0.36
	leave := widget.NewButton(i18n.T("close"), s.hide)
	below := container.NewVBox(s.progress, s.summary,
		container.NewBorder(nil, nil, s.howItRuns(), container.NewHBox(leave, s.start)))
	s.content = container.NewBorder(container.NewVBox(s.top(), s.notice.Object), below, nil, nil, split)
	s.dialog = dialog.NewCustomWithoutButtons(i18n.T("groups.title"), s.content, r.deps.Window)
	s.dialog.SetOnClosed(s.closed)
	size := r.deps.Window.Canvas().Size()
	s.dialog.Resize(fyne.NewSize(min(1180, size.Width-40), min(760, size.Height-40)))
	r.deps.Open(s.dialog)
	return s
}

func (s *sheet) hide() { s.dialog.Hide() }

// closed ends what is under way, unless its row was gone to.
func (s *sheet) closed() {
	s.room.sheet = nil
	if !s.keep {
		s.room.stop()
	}
}

func (s *sheet) focus() { s.room.deps.Window.Canvas().Focus(s.steps) }

// entry is one that hands on keys.
func (s *sheet) entry(width float32) *uiwidget.KeyEntry {
	e := uiwidget.NewKeyEntry()
	e.MinWidth, e.Wrapping = width, fyne.TextWrap(fyne.TextTruncateClip)
	e.Escape, e.Window = s.hide, s.shortcut
	return e
}

// top is which group is in sight, and what it is called.
func (s *sheet) top() fyne.CanvasObject {
	r := s.room
	s.choice = widget.NewSelect(nil, nil)
	s.name = s.entry(120)
	s.name.SetPlaceHolder(i18n.T("groups.name"))
	s.name.OnChanged = func(text string) {
		if !s.filled {
			r.now.Name = cutName(text)
			r.touch()
			s.showChoice()
		}
	}
	more := widget.NewButtonWithIcon("", theme.MoreVerticalIcon(), nil)
	more.Importance = widget.LowImportance
	more.OnTapped = func() { s.popUp(more, s.moreMenu()) }
	fresh := widget.NewButtonWithIcon(i18n.T("groups.new"), theme.ContentAddIcon(), func() { r.add(groups.New()) })
	return container.NewBorder(nil, nil, container.NewGridWrap(fyne.NewSize(300, s.name.MinSize().Height), s.choice),
		container.NewHBox(fresh, more), s.name)
}

// popUp opens a menu below a button.
func (s *sheet) popUp(b *widget.Button, menu *fyne.Menu) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
	widget.ShowPopUpMenuAtPosition(menu, s.room.deps.Window.Canvas(), at.AddXY(0, b.Size().Height))
}

func (s *sheet) moreMenu() *fyne.Menu {
	r := s.room
	item := func(key string, can bool, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(i18n.T(key), do)
		m.Disabled = !can
		return m
	}
	return fyne.NewMenu("", item("compose.duplicate", !untouched(r.now), r.duplicate),
		item("groups.delete", len(r.groups) > 1 || !untouched(r.now), r.remove), item("groups.restore", r.gone != nil, r.restore))
}

// left is the list of the requests.
func (s *sheet) left() fyne.CanvasObject {
	r := s.room
	s.steps = newStepList(s)
	s.drag = uiwidget.NewListDrag(s.steps, func() int { return len(r.now.Steps) })
	s.hint = widget.NewLabel(i18n.T("groups.hint"))
	s.hint.Wrapping, s.hint.Importance = fyne.TextWrapWord, widget.LowImportance
	add := widget.NewButtonWithIcon(i18n.T("groups.add"), theme.ContentAddIcon(), nil)
	add.OnTapped = func() { s.popUp(add, s.addMenu()) }
	b := &s.buttons
	b.up = widget.NewButtonWithIcon("", theme.MoveUpIcon(), func() { r.move(r.at, r.at-1) })
	b.down = widget.NewButtonWithIcon("", theme.MoveDownIcon(), func() { r.move(r.at, r.at+2) })
	b.delete = widget.NewButtonWithIcon("", theme.DeleteIcon(), r.drop)
	below := container.NewBorder(nil, nil, add, container.NewHBox(b.up, b.down, b.delete))
	list := container.NewStack(container.NewThemeOverride(s.steps, style.DenseTheme{}), s.drag.Layer, container.NewPadded(s.hint))
	return container.NewBorder(nil, below, nil, nil, uiwidget.NewLowered(list))
}

// right is the request that is chosen, and what came of all.
func (s *sheet) right() fyne.CanvasObject {
	r := s.room
	s.values, s.request = newValuesPage(s), newRequestPage(s)
	s.results = compose.NewOutcomes(compose.OutcomesOf{
		Titles: []string{"column.number", "groups.column.request", "column.status", "column.duration", "column.size",
			"groups.column.values"},
		Widths: []float32{54, 170, 78, 76, 76, 0}, Len: r.results, Line: r.line, Reveal: r.reveal, Compare: r.compare,
		Chosen: func(i int) { s.say(r.detail(i)) }, Leave: s.hide, Keys: s.shortcut})
	s.shown = [3]fyne.CanvasObject{s.values.object, s.request.object, s.results.Object()}
	s.pages = uiwidget.NewTabBar(func(int) { s.showPage() })
	s.pages.SetLabels(i18n.T("groups.values"), i18n.T("groups.request"), i18n.T("groups.results"))
	return container.NewBorder(uiwidget.NewBar(s.pages), nil, nil, nil, container.NewStack(s.shown[0], s.shown[1], s.shown[2]))
}

// howItRuns is how often, and what becomes of a failure.
func (s *sheet) howItRuns() fyne.CanvasObject {
	r := s.room
	s.times = s.entry(70)
	s.times.OnChanged = func(text string) {
		if !s.filled {
			r.now.Times, _ = strconv.Atoi(strings.TrimSpace(text)) // 0 is said when it begins
			r.touch()
		}
	}
	s.times.OnSubmitted = func(string) { r.toggle() }
	tick := func(key string, of func() *bool) *widget.Check {
		return widget.NewCheck(i18n.T(key), func(on bool) {
			if !s.filled {
				*of() = on
				r.touch()
			}
		})
	}
	s.goOn = tick("groups.goon", func() *bool { return &r.now.GoOn })
	s.fresh = tick("compose.repeat.fresh", func() *bool { return &r.now.NewConns })
	s.start = widget.NewButton("", r.toggle)
	s.start.Importance = widget.HighImportance
	return container.NewHBox(widget.NewLabel(i18n.T("compose.repeat.times")), s.times, s.goOn, s.fresh)
}

// results is how many requests have ended.
func (r *Room) results() int {
	if r.run == nil {
		return 0
	}
	return len(r.run.done)
}

// show shows the state of all.
func (s *sheet) show() {
	r, g := s.room, s.room.now
	s.filled = true
	s.showChoice()
	setText(s.name, g.Name)
	if n, err := strconv.Atoi(strings.TrimSpace(s.times.Text)); err != nil || n != g.Times {
		setText(s.times, strconv.Itoa(g.Times))
	}
	s.goOn.SetChecked(g.GoOn)
	s.fresh.SetChecked(g.NewConns)
	s.filled = false
	uiwidget.SetShown(s.hint, len(g.Steps) == 0)
	s.steps.show()
	s.arm()
	s.showPage()
	s.showProgress()
	s.tell(r.keeper.Loss)
}

func setText(e *uiwidget.KeyEntry, text string) {
	if e.Text != text {
		e.SetText(text)
	}
}

// showChoice names the groups. Numbers tell those apart that are called alike.
func (s *sheet) showChoice() {
	r := s.room
	names := make([]string, len(r.groups))
	at := 0
	for i, g := range r.groups {
		title := g.Title()
		if title == "" {
			title = i18n.T("groups.untitled")
		}
		names[i] = strconv.Itoa(i+1) + "  " + visible.Text(words.ShortText(title, 60))
		if g == r.now {
			at = i
		}
	}
	s.choice.OnChanged = nil
	s.choice.SetOptions(names)
	s.choice.SetSelectedIndex(at)
	s.choice.OnChanged = func(string) {
		if i := s.choice.SelectedIndex(); i >= 0 && i < len(r.groups) && r.groups[i] != r.now {
			r.choose(r.groups[i])
			r.touch()
			r.show()
		}
	}
}

// arm has buttons be for what can be done.
func (s *sheet) arm() {
	r := s.room
	for _, one := range []struct {
		b   *widget.Button
		can bool
	}{{s.buttons.up, r.at > 0}, {s.buttons.down, r.at >= 0 && r.at+1 < len(r.now.Steps)}, {s.buttons.delete, r.step() != nil},
		{s.start, len(r.now.Steps) > 0 || r.Running()}} {
		if one.can {
			one.b.Enable()
		} else {
			one.b.Disable()
		}
	}
	text := i18n.T("compose.repeat.start")
	if r.Running() {
		text = i18n.T("compose.cancel")
	}
	if s.start.Text != text {
		s.start.SetText(text)
	}
}

// showPage shows the page that is chosen.
func (s *sheet) showPage() {
	switch s.pages.Selected {
	case pageValues:
		s.values.show()
	case pageRequest:
		s.request.show()
	case pageResults:
		s.results.Refresh()
	}
	for i, page := range s.shown {
		uiwidget.SetShown(page, i == s.pages.Selected)
	}
}

// showProgress shows how far it is.
func (s *sheet) showProgress() {
	one := s.room.run
	if running := s.room.Running(); s.progress.Visible() != running {
		uiwidget.SetShown(s.progress, running)
		s.content.Refresh()
	}
	if one == nil {
		s.say(i18n.T("groups.about"))
		return
	}
	s.progress.Max = float64(one.of)
	s.progress.SetValue(float64(len(one.done)))
	if one.cancel == nil || s.results.At() < 0 { // else it says all of the line that is chosen
		s.say(one.said)
	}
	if s.pages.Selected == pageResults {
		s.results.Refresh()
		if one.cancel != nil && s.results.At() < 0 {
			s.results.ScrollToBottom()
		}
	}
}

// say says what came of it, or what it is about.
func (s *sheet) say(text string) {
	if s.summary.Text != text {
		s.summary.SetText(text)
		s.content.Refresh()
	}
}

func (s *sheet) tell(lines []string) {
	if s.notice.Show(lines) {
		s.content.Refresh()
	}
}

// shortcut is for all that is typed into: the room's own keys.
func (s *sheet) shortcut(key fyne.Shortcut) {
	r := s.room
	switch key := key.(type) {
	case *fyne.ShortcutUndo:
		r.back()
	case *desktop.CustomShortcut:
		switch {
		case key.Modifier == fyne.KeyModifierAlt && key.KeyName == fyne.KeyUp:
			r.move(r.at, r.at-1)
		case key.Modifier == fyne.KeyModifierAlt && key.KeyName == fyne.KeyDown:
			r.move(r.at, r.at+2)
		case key.Modifier == fyne.KeyModifierShortcutDefault && (key.KeyName == fyne.KeyReturn || key.KeyName == fyne.KeyEnter):
			r.toggle()
		}
	}
}
