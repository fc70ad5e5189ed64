package compose

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"posthouse/app/compose"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// EditorDeps is what an Editor needs of what it stands in.
type EditorDeps struct {
	Work     func(slow func() func())                                // runs slow beside the UI goroutine, and what that returns on it
	Copy     func(text string)                                       // to the clipboard
	OpenFile func(o filedialog.Options, chosen func(paths []string)) // asks for files
	Shortcut func(fyne.Shortcut) bool                                // sees shortcuts first: true where it knew one
	Window   func(fyne.Shortcut)                                     // the window's own
	Escape   func()                                                  // leaves what is typed into
	Changed  func()                                                  // a person changed something
}

// Editor edits a message: its fields as a table, its head as the bytes that are sent, and its
// body. It belongs to the UI goroutine.
type Editor struct {
	Object fyne.CanvasObject
	deps   EditorDeps
	draft  *compose.Draft

	tabs    *uiwidget.TabBar
	fields  *table
	raw     *document.Editor
	body    *bodyEditor
	said    *uiwidget.NoticeBox
	refused error // what a cell did not take
	pages   [3]fyne.CanvasObject
	page    *fyne.Container
}

// The pages, in their order.
const (
	pageFields = iota
	pageRaw
	pageBody
)

// NewEditor makes an editor of nothing; Show gives it a draft.
func NewEditor(deps EditorDeps) *Editor {
	e := &Editor{deps: deps, draft: compose.New(), said: uiwidget.NewNoticeBox()}
	e.tabs = uiwidget.NewTabBar(func(int) { e.showPage() })
	e.fields = e.newTable(fieldRows{func() *compose.Head { return &e.draft.Head }})
	e.raw = e.newText()
	e.raw.LineEnd, e.raw.Most, e.raw.Colours = "\r\n", compose.MaxHead, headColours
	e.raw.Changed = func() {
		if err := e.draft.SetHead([]byte(e.raw.Text())); err != nil {
			e.refuse(err)
			return
		}
		e.edited()
	}
	e.body = newBodyEditor(e)
	e.pages = [3]fyne.CanvasObject{e.fields.object, uiwidget.NewLowered(e.raw.LineView), e.body.object}
	e.page = container.NewStack(uiwidget.NewShade(theme.ColorNameInputBackground), e.pages[0], e.pages[1], e.pages[2])
	e.Object = container.New(stretched{column: true, one: 1}, uiwidget.NewBar(e.tabs), e.page, e.said.Object)
	e.Retranslate()
	e.showPage()
	return e
}

// newTable makes a table that tells the editor.
func (e *Editor) newTable(of rows) *table {
	t := newTable(of)
	t.changed, t.refused, t.escape = e.edited, e.refuse, e.deps.Escape
	t.window = func(s fyne.Shortcut) {
		if e.deps.Shortcut == nil || !e.deps.Shortcut(s) {
			e.deps.Window(s)
		}
	}
	return t
}

// HeadTable is the editor's table of fields for a head that stands elsewhere. It belongs to the UI
// goroutine.
type HeadTable struct {
	Object fyne.CanvasObject
	fields *table
}

// NewHeadTable makes a table of the fields of head. changed is called after each change that a person
// made, and refused with what is to be said of one that is not taken; window and escape are as in
// EditorDeps.
func NewHeadTable(head func() *compose.Head, changed func(), refused func(text string), window func(fyne.Shortcut),
	escape func()) *HeadTable {
	t := newTableElsewhere(fieldRows{head}, changed, refused, window, escape)
	return &HeadTable{t.object, t}
}

// newTableElsewhere makes a table that tells others than an editor.
func newTableElsewhere(of rows, changed func(), refused func(text string), window func(fyne.Shortcut), escape func()) *table {
	t := newTable(of)
	t.changed, t.window, t.escape = changed, window, escape
	t.refused = func(err error) {
		if err != nil {
			refused(i18n.T(refusal(err)))
		}
	}
	return t
}

// Show shows the head as it is now; one that is readOnly can be read alone.
func (t *HeadTable) Show(readOnly bool) {
	t.fields.readOnly = readOnly
	t.fields.refresh()
}

// Has reports whether an object is one of the table's.
func (t *HeadTable) Has(o fyne.Focusable) bool { return t.fields.has(o) }

// Edit changes a field as a person does: column 0 is its name, 1 its value.
func (t *HeadTable) Edit(field, column int, text string) { t.fields.edit(field, column, text) }

// maxCopied bounds what is put on the clipboard, in bytes.
const maxCopied = 16 << 20

// copyOut puts what made makes on the clipboard.
func (e *Editor) copyOut(made func(int) (string, bool)) {
	e.deps.Work(func() func() {
		text, _ := made(maxCopied)
		return func() { e.deps.Copy(text) }
	})
}

// newText makes an editor of bytes.
func (e *Editor) newText() *document.Editor {
	t := document.NewEditor(e.copyOut)
	t.Keys, t.Escape = e.deps.Shortcut, e.deps.Escape
	t.TooLong = func() { e.refuse(compose.ErrLong) }
	return t
}

// headColours tells the names of fields from their values.
func headColours(line string, goesOn bool) []document.Span {
	at := strings.IndexByte(line, ':')
	if goesOn || at <= 0 || strings.ContainsAny(line[:at], " /") {
		return nil
	}
	return []document.Span{document.PlainSpan(at, style.ColorMuted)}
}

// Show gives the editor another draft; Refresh shows what became of the one it has.
func (e *Editor) Show(d *compose.Draft) {
	if d != e.draft {
		e.body.hex.Forget()
	}
	e.draft, e.refused = d, nil
	e.Refresh()
}

// Refresh shows the draft anew.
func (e *Editor) Refresh() {
	e.showPage()
	e.tell()
}

// Retranslate puts all words in the language in force.
func (e *Editor) Retranslate() {
	e.body.retranslate()
	e.label()
	e.tell()
}

// label names the pages, with what they have.
func (e *Editor) label() {
	n := 0
	for i := range e.draft.Head.Lines {
		if l := &e.draft.Head.Lines[i]; !l.Off && l.Raw() != "" {
			n++
		}
	}
	body := i18n.T("compose.body")
	if size := len(e.draft.Body.Bytes); size > 0 && e.draft.Body.Mode != compose.InParts && e.draft.Body.Mode != compose.File {
		body = i18n.T("compose.body.size", words.SizeText(int64(size)))
	}
	e.tabs.SetLabels(i18n.T("details.headers_count", n), i18n.T("compose.raw"), body)
}

// showPage shows the page that is chosen, as the draft is now.
func (e *Editor) showPage() {
	switch e.tabs.Selected {
	case pageFields:
		e.fields.refresh()
	case pageRaw:
		e.raw.SetText(string(e.draft.Head.Text()))
	case pageBody:
		e.body.show()
	}
	for i, p := range e.pages {
		uiwidget.SetShown(p, i == e.tabs.Selected)
	}
	e.label()
}

// edited is called after each change that a person made.
func (e *Editor) edited() {
	e.refused = nil
	e.label()
	e.tell()
	e.deps.Changed()
}

// refuse says why something is not taken; nil takes the word away.
func (e *Editor) refuse(err error) {
	if err != e.refused {
		e.refused = err
		e.tell()
	}
}

// tell says what is to be said of the draft.
func (e *Editor) tell() {
	var lines []string
	if e.refused != nil {
		lines = append(lines, i18n.T(refusal(e.refused)))
	}
	if text := e.body.problem(); text != "" {
		lines = append(lines, text)
	}
	for _, p := range e.draft.Problems() {
		lines = append(lines, problemText(&p))
	}
	if e.said.Show(lines) {
		e.Object.Refresh()
	}
}

// Focus goes to the page in sight.
func (e *Editor) Focus() {
	switch e.tabs.Selected {
	case pageFields:
		e.fields.focus(0, 0)
	case pageRaw:
		focus(e.raw.LineView)
	case pageBody:
		e.body.focus()
	}
}

// Choose shows a page by its number.
func (e *Editor) Choose(page int) { e.tabs.Choose(page) }

// focus goes to an object, if it is in a window.
func focus(o interface {
	fyne.CanvasObject
	fyne.Focusable
}) {
	if c := canvasOf(o); c != nil {
		c.Focus(o)
	}
}
