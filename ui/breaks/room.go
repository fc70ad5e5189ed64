// Package breaks is the room where requests and responses wait for a person: a queue, and an
// editor for the head and the body of one of them. Nothing here takes the focus or comes into
// sight by itself. What waits is in package proxy/breakpoints; what is typed of a message stays
// until it leaves the queue.
//
// The room belongs to the UI goroutine.
package breaks

import (
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
)

// Deps is what the room needs of the window.
type Deps struct {
	Window   fyne.Window
	Queue    *breakpoints.Queue
	Work     func(slow func() func())                                // runs slow beside the UI goroutine, and what that returns on it
	Open     func(dialog.Dialog)                                     // shows a dialog so that Escape closes it
	OpenFile func(o filedialog.Options, chosen func(paths []string)) // asks for files
	Copy     func(text string)                                       // to the clipboard
	Shortcut func(fyne.Shortcut)                                     // the window's own
	On       func() bool                                             // breakpoints are on
	Turn     func(on bool)                                           // switches them
	Hidden   func() bool                                             // secrets are
	Mask     func(*flow.Row) flow.Row                                // a row as it is shown
	Reveal   func(flow.ID)                                           // goes to a row of the list
	Next     func()                                                  // asks what is to break next
}

// Room is the room.
type Room struct {
	Object fyne.CanvasObject
	deps   Deps

	list   []*breakpoints.Message // that wait
	drafts map[*breakpoints.Message]*draft
	now    *draft // that is shown; nil for none
	armed  int    // breaks that are listed

	on      *widget.Check
	next    *widget.Button
	all     *widget.Button
	nexts   *fyne.Container
	rows    *virtual.List
	title   *uiwidget.CutLabel
	about   *uiwidget.CutLabel
	notice  *uiwidget.NoticeBox
	head    *headEditor
	body    *bodyEditor
	raw     *widget.Check
	send    *widget.Button
	pass    *widget.Button
	answer  *widget.Button
	abort   *widget.Button
	reveal  *widget.Button
	editing *fyne.Container
	buttons *fyne.Container
	top     *fyne.Container
	empty   *widget.Label
}

// New makes the room.
func New(deps Deps) *Room {
	r := &Room{deps: deps, drafts: map[*breakpoints.Message]*draft{}, notice: uiwidget.NewNoticeBox()}
	r.on = widget.NewCheck("", nil)
	r.next = widget.NewButton("", deps.Next)
	r.all = widget.NewButton("", deps.Queue.AllGo)
	r.nexts = container.NewVBox()
	r.rows = &virtual.List{}
	r.rows.Length = func() int { return len(r.list) }
	r.rows.CreateItem = func() fyne.CanvasObject { return newRow(r) }
	r.rows.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(r.list) {
			o.(*row).show(r.list[i])
		}
	}
	r.rows.OnSelected = func(i widget.ListItemID) {
		if i < len(r.list) {
			r.show(r.list[i])
		}
	}
	r.rows.HideSeparators = true
	r.rows.ExtendBaseWidget(r.rows)
	r.top = container.NewVBox(container.NewHBox(r.on, r.next, layout.NewSpacer(), r.all), r.nexts)
	split := container.NewHSplit(container.NewThemeOverride(r.rows, style.DenseTheme{}), r.editor())
	split.Offset = 0.34
	r.Object = container.NewBorder(container.New(layout.NewCustomPaddedLayout(4, 4, 8, 8), r.top), nil, nil, nil, split)
	r.Retranslate()
	return r
}

// editor makes the part where one message is edited.
func (r *Room) editor() fyne.CanvasObject {
	r.title, r.about = uiwidget.NewCutLabel(theme.ColorNameForeground), uiwidget.NewCutLabel(style.ColorMuted)
	r.title.Bold = true
	r.head, r.body = newHeadEditor(r), newBodyEditor(r)
	r.raw = widget.NewCheck("", nil)
	r.send = widget.NewButton("", r.goOn)
	r.send.Importance = widget.HighImportance
	r.pass = widget.NewButton("", func() { r.decide(func(d *draft) error { return d.m.GoUnchanged() }) })
	r.answer = widget.NewButton("", r.turn)
	r.abort = widget.NewButton("", func() { r.decide(func(d *draft) error { return d.m.Abort() }) })
	r.reveal = widget.NewButtonWithIcon("", theme.ListIcon(), func() { r.deps.Reveal(r.now.m.Row.ID) })
	r.reveal.Importance = widget.LowImportance
	r.buttons = container.NewHBox(r.send, r.pass, r.answer, r.abort, layout.NewSpacer(), r.raw)
	texts := container.NewVSplit(r.head.object, r.body.object)
	texts.Offset = 0.5
	titles := container.NewBorder(nil, nil, nil, r.reveal, container.New(uiwidget.TightColumn{}, r.title, r.about))
	r.editing = container.NewBorder(container.NewVBox(container.New(layout.NewCustomPaddedLayout(4, 2, 8, 4), titles), r.notice.Object),
		container.New(layout.NewCustomPaddedLayout(4, 6, 8, 8), r.buttons), nil, nil, texts)
	r.editing.Hide()
	r.empty = widget.NewLabel("")
	r.empty.Wrapping, r.empty.Alignment = fyne.TextWrapWord, fyne.TextAlignCenter
	return container.NewStack(r.editing, container.NewVBox(layout.NewSpacer(), r.empty, layout.NewSpacer()))
}

// maxCopied bounds what is put on the clipboard, in bytes.
const maxCopied = 16 << 20

func (r *Room) newText() *document.Editor {
	e := document.NewEditor(func(made func(int) (string, bool)) {
		r.deps.Work(func() func() {
			text, _ := made(maxCopied)
			return func() { r.deps.Copy(text) }
		})
	})
	e.Keys = func(s fyne.Shortcut) bool { return false }
	return e
}

// Retranslate puts all words in the language in force.
func (r *Room) Retranslate() {
	r.on.Text = i18n.T("breaks.on")
	r.on.Refresh()
	r.next.SetText(i18n.T("breaks.next"))
	r.all.SetText(i18n.T("breaks.all"))
	r.head.label()
	r.body.retranslate()
	r.raw.Text = i18n.T("breaks.raw")
	r.raw.Refresh()
	r.pass.SetText(i18n.T("breaks.pass"))
	r.abort.SetText(i18n.T("breaks.abort"))
	r.empty.SetText(i18n.T("breaks.empty"))
	r.top.Refresh()
	r.Follow()
}

// Follow takes over what waits. It takes no focus and shows another message only where none was
// shown, or a person is done with it.
func (r *Room) Follow() {
	r.list = r.deps.Queue.List()
	for m := range r.drafts {
		if !slices.Contains(r.list, m) && (r.now == nil || r.now.m != m) {
			delete(r.drafts, m)
		}
	}
	if r.now != nil && !slices.Contains(r.list, r.now.m) && !r.now.changed() {
		r.now = nil // nothing is lost
	}
	if r.now == nil && len(r.list) > 0 {
		r.choose(r.list[0])
	}
	r.on.OnChanged = nil
	r.on.SetChecked(r.deps.On())
	r.on.OnChanged = r.deps.Turn
	enable(r.all, len(r.list) > 0)
	r.showNexts()
	r.rows.Refresh()
	r.mark()
	r.refresh()
}

// Tick shows how long everything still waits.
func (r *Room) Tick() {
	r.rows.Refresh()
	r.showAbout()
}

// showNexts lists what is to break next.
func (r *Room) showNexts() {
	r.nexts.Objects = nil
	for _, n := range r.deps.Queue.Nexts() {
		forget := widget.NewButtonWithIcon("", theme.CancelIcon(), func() { r.deps.Queue.Forget(n) })
		forget.Importance = widget.LowImportance
		label := uiwidget.NewCutLabel(style.ColorMuted)
		label.Set(nextText(n))
		r.nexts.Add(container.NewBorder(nil, nil, forget, nil, label))
	}
	if n := len(r.nexts.Objects); n != r.armed {
		r.armed = n
		r.Object.Refresh() // it takes another room
	}
}

// mark selects the message that is shown in the list.
func (r *Room) mark() {
	if r.now != nil {
		if i := slices.Index(r.list, r.now.m); i >= 0 {
			r.rows.Select(i)
			return
		}
	}
	r.rows.UnselectAll()
}

// show shows a message, with what was typed of it.
func (r *Room) show(m *breakpoints.Message) {
	if r.now != nil && r.now.m == m {
		return
	}
	r.choose(m)
	r.refresh()
}

// choose makes a message the one that is shown.
func (r *Room) choose(m *breakpoints.Message) {
	d := r.drafts[m]
	if d == nil {
		d = newDraft(m)
		r.drafts[m] = d
		r.deps.Work(func() func() {
			body, err := decode(m)
			return func() {
				d.decoded(body, err)
				r.refresh()
			}
		})
	}
	r.now = d
}

// turn begins to write an answer, or goes back to the request.
func (r *Room) turn() {
	r.now.answers, r.now.wrong = !r.now.answers, ""
	r.refresh()
}

// CanGo reports whether the message that is shown can be sent as it was typed.
func (r *Room) CanGo() bool { return r.now != nil && !r.send.Disabled() }

// Go does what the first button does.
func (r *Room) Go() {
	if r.CanGo() {
		r.goOn()
	}
}

// GoName is what the first button is called, as a key of i18n.
func (r *Room) GoName() string {
	if r.now != nil && r.now.answers {
		return "breaks.answer.send"
	}
	return "breaks.go"
}

// goOn sends what was typed.
func (r *Room) goOn() {
	r.decide(func(d *draft) error {
		e, err := d.edit()
		switch {
		case r.body.broken():
			return errors.New(r.body.problem())
		case err != nil:
			return err
		case d.answers:
			return d.m.Answer(e)
		}
		return d.m.Go(e)
	})
}

// decide does what a person wants of the message that is shown, and goes to the next.
func (r *Room) decide(what func(*draft) error) {
	d := r.now
	if d == nil {
		return
	}
	if err := what(d); err != nil {
		d.wrong = problem(err)
		r.refresh()
		return
	}
	delete(r.drafts, d.m)
	r.now = nil
	r.Follow()
}

func enable(b *widget.Button, on bool) {
	if on == b.Disabled() {
		if on {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}
