// Package rules is the room where a person says what is to be changed of what passes. It
// lies over the window as a dialog. A rule is edited as the lines that the file of rules has
// of it, so that what is written there by hand and here is the same.
package rules

import (
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
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Deps is what the room needs of the window that it lies over.
type Deps struct {
	Window     fyne.Window
	Open       func(dialog.Dialog)      // shows a dialog so that Escape closes it
	Controller *app.Controller          // whose rules these are
	Report     func(error)              // says what became of a setting
	Row        func() (flow.Row, bool)  // the request that is selected in the list, to try the rules with
	Mask       func(*flow.Row) flow.Row // a row as it is shown, without secrets while these are hidden
	Copy       func(string)             // puts a text on the clipboard
	Closed     func()                   // after the room was closed
	Draft      Draft                    // what was left unsaved when the room was closed
}

// Room is the dialog. All of it belongs to the UI goroutine.
type Room struct {
	Deps
	set      *rules.Set
	blocks   [][]byte // the lines of each rule
	verdicts []rules.Verdict
	at       int    // the rule that is edited; -1 for one that is not in the file yet
	loaded   string // its lines as they were when the edit began
	hits     uint64 // in sight: of all rules

	dialog  dialog.Dialog
	on      *widget.Check
	problem *widget.Label
	tried   *widget.Label
	list    *virtual.List
	text    *uiwidget.KeyEntry
	wrong   *widget.Label
	save    *widget.Button
	remove  *widget.Button
	up      *widget.Button
	down    *widget.Button
}

// Open opens the room.
func Open(deps Deps) *Room {
	r := &Room{Deps: deps, at: -1}
	r.build()
	r.Read()
	switch {
	case deps.Draft.Text != "":
		r.resume(deps.Draft)
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
	r.list = &virtual.List{}
	r.list.Length = func() int { return len(r.rules()) }
	r.list.CreateItem = func() fyne.CanvasObject { return newRow(r) }
	r.list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*row).show(i) }
	r.list.OnSelected = r.selected
	r.list.HideSeparators = true
	r.list.ExtendBaseWidget(r.list)
	r.text = uiwidget.NewKeyEntry()
	r.text.MultiLine, r.text.Scroll, r.text.TextStyle.Monospace = true, fyne.ScrollBoth, true
	r.text.Escape = func() { r.dialog.Hide() }
	r.text.OnChanged = func(string) { r.check() }
	r.save = widget.NewButton(i18n.T("rules.save"), r.keep)
	r.save.Importance = widget.HighImportance
	r.remove = widget.NewButtonWithIcon("", theme.DeleteIcon(), r.ask)
	r.up = widget.NewButtonWithIcon("", theme.MoveUpIcon(), func() { r.move(-1) })
	r.down = widget.NewButtonWithIcon("", theme.MoveDownIcon(), func() { r.move(1) })
	fresh := widget.NewButtonWithIcon(i18n.T("rules.new"), theme.ContentAddIcon(), nil)
	fresh.OnTapped = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(fresh)
		widget.ShowPopUpMenuAtPosition(r.templates(), r.Window.Canvas(), at.AddXY(0, fresh.Size().Height))
	}
	leave := widget.NewButton(i18n.T("close"), func() { r.dialog.Hide() })
	file := r.Controller.Rules().Path()
	path := widget.NewButtonWithIcon(filepath.Base(file), theme.ContentCopyIcon(), func() { r.Copy(file) })
	path.Importance = widget.LowImportance
	rows := container.NewBorder(nil, container.NewBorder(nil, nil, fresh, container.NewHBox(r.up, r.down, r.remove)), nil, nil,
		uiwidget.NewLowered(container.NewThemeOverride(r.list, style.DenseTheme{})))
	edit := container.NewBorder(nil, container.NewBorder(nil, nil, nil, r.save, r.wrong), nil, nil, r.text)
	split := container.NewHSplit(rows, edit)
	split.Offset = 0.45
	content := container.NewBorder(container.NewVBox(container.NewBorder(nil, nil, r.on, path), r.problem, r.tried),
		container.NewBorder(nil, nil, nil, leave), nil, nil, split)
	r.dialog = dialog.NewCustomWithoutButtons(i18n.T("rules.title"), content, r.Window)
	size := r.Window.Canvas().Size()
	r.dialog.Resize(fyne.NewSize(min(1040, size.Width-40), min(640, size.Height-40)))
	r.dialog.SetOnClosed(r.Closed)
	r.Open(r.dialog)
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

// Read takes over what the file has, and whether rules are on. What is being edited stays.
func (r *Room) Read() {
	held := r.Controller.Rules()
	r.set = held.Set()
	text, err := held.Text()
	if err == nil {
		_, r.blocks = rules.Blocks(text)
	}
	if len(r.blocks) != len(r.rules()) {
		r.blocks = nil // the file is another than the rules in force
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
	r.try()
	r.at = min(r.at, len(r.blocks)-1)
	r.list.Refresh()
	r.arm()
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

// tell shows an error, or nothing.
func (r *Room) tell(l *widget.Label, err error) {
	text := ""
	if err != nil {
		text = ProblemText(err)
	}
	if l.Text != text {
		l.SetText(text)
	}
	uiwidget.SetShown(l, text != "")
}

// ProblemText is what is wrong with rules, in the window's language.
func ProblemText(err error) string {
	var file *rules.FileError
	if !errors.As(err, &file) {
		return visible.Text(err.Error())
	}
	text := visible.Text(words.Reason(file.Why))
	if file.Line > 0 {
		text = i18n.T("rules.line", file.Line, text)
	}
	return text
}

// try judges the request that is selected in the list.
func (r *Room) try() {
	r.verdicts = nil
	row, ok := r.Row()
	if ok && r.set != nil {
		r.verdicts = r.set.Explain(&row)
		shown := r.Mask(&row)
		r.tried.SetText(i18n.T("rules.tried", visible.Text(shown.Method+" "+words.ShortText(shown.URL(), 120))))
	}
	uiwidget.SetShown(r.tried, ok && r.set != nil && len(r.set.Rules) > 0)
}

// templates are rules to begin with.
var templates = []struct{ word, text string }{
	{"rules.template.answer", "[[rule]]\nname = \"\"\nwhen = \"host:example.com path:/users\"\nanswer = { status = 200, type = " +
		"\"application/json\", text = '[]' }\n"},
	{"rules.template.file", "[[rule]]\nname = \"\"\nwhen = \"host:example.com path:/users\"\nanswer = { file = \"users.json\" }\n"},
	{"rules.template.request", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nrequest.set = [\"X-Debug: 1\"]\nrequest.remove = " +
		"[\"Cookie\"]\n"},
	{"rules.template.response", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nresponse.set = [\"Cache-Control: no-store\"]\n"},
	{"rules.template.delay", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\ndelay = { response = \"2s\" }\n"},
	{"rules.template.break", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nbreak = \"request\" # or response, both\n"},
	{"rules.template.block", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nblock = \"403\" # or reset, close, hang\n"},
	{"rules.template.mark", "[[rule]]\nname = \"\"\nwhen = \"status:5xx\"\nmark = \"red\"\n"},
}

func (r *Room) templates() *fyne.Menu {
	menu := fyne.NewMenu("")
	for _, t := range templates {
		menu.Items = append(menu.Items, fyne.NewMenuItem(i18n.T(t.word), func() { r.unlessUnsaved(func() { r.begin(t.text) }) }))
	}
	return menu
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
	add(c.ChangesRequest(), "rules.does.request")
	add(c.ChangesResponse(), "rules.does.response")
	if d := c.Delay; d != nil {
		add(d.Request > 0 || d.Response > 0, "rules.does.delay", time.Duration(d.Request+d.Response))
	}
	add(c.Break != "", "rules.does.break", c.Break)
	add(c.Mark != "" || c.Note != "", "rules.does.mark")
	add(c.Last, "rules.does.last")
	return strings.Join(parts, " · ")
}
