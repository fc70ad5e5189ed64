// Package rules is the room where a person says what is to be changed of what passes: the rules at
// the left, and at the right the lines of one of them, or what all of them would do to a request. A
// rule is edited as the lines that the file of rules has of it, so that what is written there by
// hand and here is the same.
package rules

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
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

// Deps is what the room needs of the window.
type Deps struct {
	Window     fyne.Window
	Context    context.Context                            // ends when the window is closed
	Open       func(dialog.Dialog)                        // shows a dialog so that Escape closes it
	Shortcut   func(fyne.Shortcut)                        // the window's own; it asks Typed of the room in sight first
	Leave      func()                                     // goes back to the requests
	Controller *app.Controller                            // whose rules these are
	Report     func(error)                                // says what became of a setting
	Row        func() (flow.Row, bool)                    // the request that is selected in the list, to try the rules with
	Mask       func(*flow.Row) flow.Row                   // a row as it is shown, without secrets while these are hidden
	Reader     func() func(flow.ID) (flow.Exchange, bool) // reads exchanges of that list as they are shown, on any goroutine
	Copy       func(string)                               // puts a text on the clipboard
	OpenFile   func(path string)                          // has the desktop open a file or a folder
	Files      *filedialog.Dialogs                        // asks for files
	Inform     func(title, text string)                   // shows a text that a button closes
	Work       func(slow func() func())                   // runs slow beside the UI goroutine, and what that returns on it
	Changed    func()                                     // what can be done now may have changed
	Remember   func(folded []string)                      // writes down which folders are folded
	Folded     []string                                   // those that were
}

// Room is the room. All of it belongs to the UI goroutine.
type Room struct {
	Object fyne.CanvasObject
	Deps
	inSight bool
	set     *rules.Set
	blocks  [][]byte // the lines of each rule
	lines   []line   // of the list
	at      int      // the rule that is edited; -1 for one that is not in the file yet
	head    int      // the first rule of the folder that is chosen, -1 for none
	loaded  string   // the lines of the rule as they were when the edit began
	folded  folds
	edits   edits // of the file, to be undone
	asked   asked // what was typed to try the rules with

	above struct { // the list
		on             *widget.Check
		problem, tried *widget.Label
	}
	list    *ruleList
	tabs    *uiwidget.TabBar
	text    *uiwidget.KeyEntry
	wrong   *widget.Label
	file    *answerFile
	trial   *trial
	buttons struct{ save, delete, up, down, undo, fresh, more *widget.Button }
}

// The tabs beside the list.
const (
	tabRule = iota
	tabTest
)

// New makes the room. The rules are read when it first comes into sight.
func New(deps Deps) *Room {
	r := &Room{Deps: deps, at: -1, head: -1, folded: folds(deps.Folded)}
	r.above.on = widget.NewCheck("", nil)
	r.above.problem, r.above.tried, r.wrong = label(widget.DangerImportance), label(widget.LowImportance), label(widget.DangerImportance)
	r.list = newRuleList(r)
	r.list.drag = newDrag(r)
	r.text = uiwidget.NewKeyEntry()
	r.text.MultiLine, r.text.Scroll, r.text.TextStyle.Monospace = true, fyne.ScrollBoth, true
	r.text.Escape = func() { r.Window.Canvas().Focus(r.list) }
	r.text.Window = r.Shortcut
	r.text.OnChanged = func(string) { r.check() }
	r.file = newAnswerFile(r)
	r.trial = newTrial(r)
	file := r.Controller.Rules().Path()
	path := widget.NewButtonWithIcon(filepath.Base(file), theme.ContentCopyIcon(), func() { r.Copy(file) })
	path.Importance = widget.LowImportance
	top := container.NewVBox(container.NewBorder(nil, nil, r.above.on, path), r.above.problem, r.above.tried)
	split := container.NewHSplit(left(r), right(r))
	split.Offset = 0.45
	r.Object = container.NewBorder(container.New(layout.NewCustomPaddedLayout(4, 0, 8, 8), top), nil, nil, nil, split)
	r.Retranslate()
	return r
}

// Shown is called when the room comes into sight: what was typed is there as it was left.
func (r *Room) Shown() {
	first := r.set == nil
	r.inSight = true
	r.Window.Canvas().Focus(r.list)
	r.Follow()
	if first && r.at < 0 && r.text.Text == "" {
		if len(r.blocks) > 0 {
			r.choose(0)
		} else {
			r.fresh(Templates[0].Text)
		}
	}
}

// Left is called when another room comes into sight.
func (r *Room) Left() {
	r.inSight = false
	r.trial.stop()
}

// Follow takes over what the file has, while the room is in sight.
func (r *Room) Follow() {
	if r.inSight {
		at, head := r.at, r.head
		r.Read()
		r.relocate(at)
		if r.head != head {
			r.list.mark()
		}
	}
}

// Retranslate puts all words in the language in force.
func (r *Room) Retranslate() {
	b := &r.buttons
	for button, word := range map[*widget.Button]string{b.save: "rules.save", b.fresh: "rules.new", b.more: "rules.more"} {
		button.SetText(i18n.T(word))
	}
	r.above.on.Text = i18n.T("rules.on")
	r.above.on.Refresh()
	r.tabs.SetLabels(i18n.T("rules.tab.rule"), i18n.T("rules.tab.test"))
	r.trial.retranslate()
	r.Object.Refresh()
	r.Follow()
	r.check()
}

// left is the list of the rules with what can be done with them.
func left(r *Room) fyne.CanvasObject {
	b := &r.buttons
	b.delete = widget.NewButtonWithIcon("", theme.DeleteIcon(), r.Delete)
	b.up = widget.NewButtonWithIcon("", theme.MoveUpIcon(), func() { order{r}.step(false) })
	b.down = widget.NewButtonWithIcon("", theme.MoveDownIcon(), func() { order{r}.step(true) })
	b.undo = widget.NewButtonWithIcon("", theme.ContentUndoIcon(), func() { r.undo(false) })
	b.fresh = opens(r, theme.ContentAddIcon(), templateMenu)
	b.more = opens(r, theme.MoreVerticalIcon(), moreMenu)
	below := container.NewBorder(nil, nil, container.NewHBox(b.fresh, b.more), container.NewHBox(b.undo, b.up, b.down, b.delete))
	list := container.NewStack(container.NewThemeOverride(r.list, style.DenseTheme{}), r.list.drag.Layer)
	return container.NewBorder(nil, container.New(layout.NewCustomPaddedLayout(4, 6, 8, 4), below), nil, nil, uiwidget.NewLowered(list))
}

// opens is a button that opens a menu.
func opens(r *Room, icon fyne.Resource, menu func(*Room) *fyne.Menu) *widget.Button {
	b := widget.NewButtonWithIcon("", icon, nil)
	b.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
		widget.ShowPopUpMenuAtPosition(menu(r), r.Window.Canvas(), at.AddXY(0, b.Size().Height))
	}
	return b
}

// right is the rule that is edited, or what rules would do to a request.
func right(r *Room) fyne.CanvasObject {
	r.buttons.save = widget.NewButton("", r.Save)
	r.buttons.save.Importance = widget.HighImportance
	below := container.NewVBox(r.file.object, container.NewBorder(nil, nil, nil, r.buttons.save, r.wrong))
	edit := container.NewBorder(nil, container.New(layout.NewCustomPaddedLayout(4, 6, 4, 8), below), nil, nil, r.text)
	r.tabs = uiwidget.NewTabBar(func(i int) {
		uiwidget.SetShown(edit, i == tabRule)
		uiwidget.SetShown(r.trial.object, i == tabTest)
		r.trial.again()
		r.Changed()
	})
	r.trial.object.Hide()
	return uiwidget.NewPage(uiwidget.NewBar(r.tabs), container.NewStack(edit, r.trial.object))
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
	folder, _ := r.list.folder()
	r.set = held.Set()
	r.lines = linesOf(r.rules(), r.folded.has) // at once: whatever is drawn from here on asks for both
	r.at = min(r.at, len(r.rules())-1)
	r.list.followFolder(folder)
	before := r.blocks
	text, err := held.Text()
	if err == nil {
		_, r.blocks = rules.Blocks(text)
	}
	if len(r.blocks) != len(r.rules()) {
		r.blocks = nil // the file is another than the rules in force
	}
	if !sameBlocks(before, r.blocks) {
		r.list.drag.GiveUp()
	}
	if problem := held.Problem(); problem != nil {
		err = problem
	}
	r.tell(r.above.problem, err)
	on := r.Controller.Settings().Rules.Enabled
	r.above.on.OnChanged = nil
	r.above.on.SetChecked(on)
	r.above.on.OnChanged = func(on bool) {
		r.Report(r.Controller.Change(func(s *settings.Settings) { s.Rules.Enabled = on }))
	}
	r.trial.again()
	r.list.Refresh()
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

// Tick shows how often rules were applied meanwhile, and tries them with the request that is
// selected now, as it is now.
func (r *Room) Tick() {
	if !r.inSight {
		return
	}
	r.trial.follow()
	hits := uint64(0)
	for _, c := range r.rules() {
		n, _ := c.Hits()
		hits += n
	}
	if hits != r.list.hits {
		r.list.hits = hits
		r.list.Refresh()
	}
}

// Edit has change make another text of the file, which can be undone.
func (r *Room) Edit(change func(text []byte) ([]byte, error)) error {
	return r.edits.make(r.Controller.Rules(), change)
}

// CanSave, CanDuplicate and CanDelete report whether there is something to save, to duplicate or to delete.
func (r *Room) CanSave() bool      { return !r.buttons.save.Disabled() }
func (r *Room) CanDuplicate() bool { return r.at >= 0 }
func (r *Room) CanDelete() bool    { return !r.buttons.delete.Disabled() }

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
		r.Object.Refresh()
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
	add(c.Break == rules.BreakRequest, "rules.does.break.request")
	add(c.Break == rules.BreakResponse, "rules.does.break.response")
	add(c.Break == rules.BreakBoth, "rules.does.break.both")
	add(c.Mark != "" || c.Note != "", "rules.does.mark")
	add(c.Last, "rules.does.last")
	return strings.Join(parts, " · ")
}
