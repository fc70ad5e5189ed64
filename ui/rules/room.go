// Package rules is the room where a person says what is to be changed of what passes. It
// lies over the window as a dialog. A rule is edited as the lines that the file of rules has
// of it, so that what is written there by hand and here is the same.
package rules

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/proxy/rules"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Deps is what the room needs of the window that it lies over.
type Deps struct {
	Window     fyne.Window
	Open       func(dialog.Dialog)                  // shows a dialog so that Escape closes it
	Controller *app.Controller                      // whose rules these are
	Report     func(error)                          // says what became of a setting
	Row        func() (flow.Row, bool)              // the request that is selected in the list, to try the rules with
	Mask       func(*flow.Row) flow.Row             // a row as it is shown, without secrets while these are hidden
	Exchange   func(flow.ID) (*flow.Exchange, bool) // that request with its heads, as it is shown; called beside the UI goroutine
	Copy       func(string)                         // puts a text on the clipboard
	OpenFile   func(path string)                    // has the desktop open a file or a folder
	Files      *filedialog.Dialogs                  // asks for files
	Inform     func(title, text string)             // shows a text that a button closes
	Work       func(slow func() func())             // runs slow beside the UI goroutine, and what that returns on it
	Closed     func()                               // after the room was closed
	Remember   func()                               // writes down which folders are folded
	State      *State                               // what stays of the room while it is closed
}

// Room is the dialog. All of it belongs to the UI goroutine.
type Room struct {
	Deps
	set    *rules.Set
	blocks [][]byte // the lines of each rule
	lines  []line   // of the list
	at     int      // the rule that is edited; -1 for one that is not in the file yet
	head   int      // the first rule of the folder that is chosen, -1 for none
	loaded string   // the lines of the rule as they were when the edit began
	hits   uint64   // in sight: of all rules

	dialog  dialog.Dialog
	content *fyne.Container
	on      *widget.Check
	problem *widget.Label
	tried   *widget.Label
	list    *ruleList
	drag    *drag
	marking bool // the list's selection follows, and nobody has chosen
	tabs    *uiwidget.TabBar
	text    *uiwidget.KeyEntry
	wrong   *widget.Label
	file    *answerFile
	trial   *trial
	buttons struct{ save, delete, up, down, undo *widget.Button }
}

// The tabs beside the list.
const (
	tabRule = iota
	tabTest
)

// Open opens the room.
func Open(deps Deps) *Room {
	r := &Room{Deps: deps, at: -1, head: -1}
	r.build()
	r.Read()
	switch d := deps.State.draft; {
	case d.Text != "":
		r.resume(d)
	case len(r.blocks) > 0:
		r.choose(0)
	default:
		r.begin(templates[0].text)
	}
	return r
}

func (r *Room) build() {
	r.on = widget.NewCheck(i18n.T("rules.on"), nil)
	r.problem, r.tried, r.wrong = label(widget.DangerImportance), label(widget.LowImportance), label(widget.DangerImportance)
	r.list = newRuleList(r)
	r.drag = newDrag(r)
	r.text = uiwidget.NewKeyEntry()
	r.text.MultiLine, r.text.Scroll, r.text.TextStyle.Monospace = true, fyne.ScrollBoth, true
	r.text.Escape = func() { r.dialog.Hide() }
	r.text.Window = r.shortcut
	r.text.OnChanged = func(string) { r.check() }
	r.file = newAnswerFile(r)
	r.trial = newTrial(r)
	file := r.Controller.Rules().Path()
	path := widget.NewButtonWithIcon(filepath.Base(file), theme.ContentCopyIcon(), func() { r.Copy(file) })
	path.Importance = widget.LowImportance
	leave := widget.NewButton(i18n.T("close"), func() { r.dialog.Hide() })
	split := container.NewHSplit(r.left(), r.right())
	split.Offset = 0.45
	r.content = container.NewBorder(container.NewVBox(container.NewBorder(nil, nil, r.on, path), r.problem, r.tried),
		container.NewBorder(nil, nil, nil, leave), nil, nil, split)
	r.dialog = dialog.NewCustomWithoutButtons(i18n.T("rules.title"), r.content, r.Window)
	size := r.Window.Canvas().Size()
	r.dialog.Resize(fyne.NewSize(min(1180, size.Width-40), min(720, size.Height-40)))
	r.dialog.SetOnClosed(func() {
		r.State.draft = r.draft()
		r.Closed()
	})
	r.Open(r.dialog)
	r.Window.Canvas().Focus(r.list)
}

// left is the list of the rules with what can be done with them.
func (r *Room) left() fyne.CanvasObject {
	b := &r.buttons
	b.delete = widget.NewButtonWithIcon("", theme.DeleteIcon(), r.delete)
	b.up = widget.NewButtonWithIcon("", theme.MoveUpIcon(), func() { r.step(false) })
	b.down = widget.NewButtonWithIcon("", theme.MoveDownIcon(), func() { r.step(true) })
	b.undo = widget.NewButtonWithIcon("", theme.ContentUndoIcon(), func() { r.undo(false) })
	fresh := r.opens(i18n.T("rules.new"), theme.ContentAddIcon(), templateMenu)
	more := r.opens(i18n.T("rules.more"), theme.MoreVerticalIcon(), moreMenu)
	below := container.NewBorder(nil, nil, container.NewHBox(fresh, more), container.NewHBox(b.undo, b.up, b.down, b.delete))
	list := container.NewStack(container.NewThemeOverride(r.list, style.DenseTheme{}), r.drag.layer)
	return container.NewBorder(nil, below, nil, nil, uiwidget.NewLowered(list))
}

// opens is a button that opens a menu.
func (r *Room) opens(text string, icon fyne.Resource, menu func(*Room) *fyne.Menu) *widget.Button {
	b := widget.NewButtonWithIcon(text, icon, nil)
	b.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
		widget.ShowPopUpMenuAtPosition(menu(r), r.Window.Canvas(), at.AddXY(0, b.Size().Height))
	}
	return b
}

// right is the rule that is edited, or what rules would do to a request.
func (r *Room) right() fyne.CanvasObject {
	r.buttons.save = widget.NewButton(i18n.T("rules.save"), r.keep)
	r.buttons.save.Importance = widget.HighImportance
	below := container.NewVBox(r.file.object, container.NewBorder(nil, nil, nil, r.buttons.save, r.wrong))
	edit := container.NewBorder(nil, below, nil, nil, r.text)
	r.tabs = uiwidget.NewTabBar(func(i int) {
		r.State.trying = i == tabTest
		uiwidget.SetShown(edit, i == tabRule)
		uiwidget.SetShown(r.trial.object, i == tabTest)
	})
	r.tabs.SetLabels(i18n.T("rules.tab.rule"), i18n.T("rules.tab.test"))
	r.trial.object.Hide()
	if r.State.trying {
		r.tabs.Choose(tabTest)
	}
	return container.NewBorder(r.tabs, nil, nil, nil, container.NewStack(edit, r.trial.object))
}

func label(importance widget.Importance) *widget.Label {
	l := widget.NewLabel("")
	l.Wrapping, l.Importance = fyne.TextWrapWord, importance
	l.SizeName = theme.SizeNameCaptionText
	return l
}

func (r *Room) rules() []*rules.Compiled {
	if r.set == nil {
		return nil
	}
	return r.set.Rules
}

// block is the lines of a rule.
func (r *Room) block(i int) string { return strings.TrimSpace(string(r.blocks[i])) }

// Read takes over what the file has, and whether rules are on. What is being edited stays.
func (r *Room) Read() {
	held := r.Controller.Rules()
	r.set = held.Set()
	before := r.blocks
	text, err := held.Text()
	if err == nil {
		_, r.blocks = rules.Blocks(text)
	}
	if len(r.blocks) != len(r.rules()) {
		r.blocks = nil // the file is another than the rules in force
	}
	if !sameBlocks(before, r.blocks) {
		r.drag.line = -1 // what was dragged may be another line now
	}
	if problem := held.Problem(); problem != nil {
		err = problem
	}
	r.tell(r.problem, err)
	on := r.Controller.Settings().Rules.Enabled
	r.on.OnChanged = nil
	r.on.SetChecked(on)
	r.on.OnChanged = func(on bool) {
		r.Report(r.Controller.Change(func(s *settings.Settings) { s.Rules.Enabled = on }))
	}
	r.at, r.head = min(r.at, len(r.blocks)-1), min(r.head, len(r.blocks)-1)
	r.trial.again()
	r.list.layOut()
	r.arm()
}

func sameBlocks(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// Tick shows how often rules were applied meanwhile.
func (r *Room) Tick() {
	hits := uint64(0)
	for _, c := range r.rules() {
		n, _ := c.Hits()
		hits += n
	}
	if hits != r.hits {
		r.hits = hits
		r.list.Refresh()
	}
}

// ShowTest shows where rules are tried.
func (r *Room) ShowTest() { r.tabs.Choose(tabTest) }

// Tried reports whether it is known what would come out.
func (r *Room) Tried() bool { return r.trial.shown == r.trial.run }

// Import opens the sheet for rules of other programs.
func (r *Room) Import() { openImport(r) }

// List is the list of the rules.
func (r *Room) List() fyne.Widget { return r.list }

// tell shows an error, or nothing.
func (r *Room) tell(l *widget.Label, err error) {
	text := ""
	if err != nil {
		text = ProblemText(err)
	}
	if l.Text != text {
		l.SetText(text)
	}
	r.reveal(l, text != "")
}

// reveal shows or hides a line, and gives what is around it its room.
func (r *Room) reveal(o fyne.CanvasObject, on bool) {
	if o.Visible() != on {
		uiwidget.SetShown(o, on)
		r.content.Refresh()
	}
}

// ProblemText is what is wrong with rules, in the window's language.
func ProblemText(err error) string {
	var file *rules.FileError
	if !errors.As(err, &file) {
		return visible.Text(words.ReasonText(err))
	}
	text := visible.Text(words.Reason(file.Why))
	if file.Line > 0 {
		text = i18n.T("rules.line", file.Line, text)
	}
	return text
}

// hitsText is how often a rule was applied.
func hitsText(c *rules.Compiled) string {
	n, last := c.Hits()
	if n == 0 {
		return ""
	}
	return i18n.T("rules.hits", words.CountText(int(n)), last.Format("15:04:05"))
}

// does is what a rule does, in a few words.
func does(c *rules.Compiled) string {
	var parts []string
	add := func(is bool, word string, args ...any) {
		if is {
			parts = append(parts, i18n.T(word, args...))
		}
	}
	add(c.Answer != nil, "rules.does.answer")
	add(c.Block != "", "rules.does.block", c.Block)
	add(c.Fail != "", "rules.does.fail", c.Fail)
	add(c.Sends(), "rules.does.send")
	add(c.Resolve != "", "rules.does.resolve", visible.Text(c.Resolve))
	add(c.ChangesRequest() || c.ChangesTarget(), "rules.does.request")
	add(c.ChangesResponse(), "rules.does.response")
	if d := c.Delay; d != nil {
		add(d.Request > 0 || d.Response > 0, "rules.does.delay", time.Duration(d.Request+d.Response))
		add(d.Piece > 0, "rules.does.pieces", time.Duration(d.Piece))
	}
	add(c.Throttle != nil, "rules.does.throttle")
	add(c.CORS, "rules.does.cors")
	add(c.Unkept(), "rules.does.unkept")
	if c.Decrypt != nil {
		add(*c.Decrypt, "rules.does.decrypt")
		add(!*c.Decrypt, "rules.does.pass")
	}
	add(c.Break != "", "rules.does.break", c.Break)
	add(c.Mark != "" || c.Note != "", "rules.does.mark")
	add(c.Last, "rules.does.last")
	return strings.Join(parts, " · ")
}
