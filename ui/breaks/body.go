package breaks

import (
	"errors"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	composed "posthouse/app/compose"
	"posthouse/proxy/bounded"
	"posthouse/proxy/breakpoints"
	"posthouse/ui/compose"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// bodyEditor edits the body of the message in sight: as text, as a form, in parts or in hexadecimal;
// or takes it from a file.
type bodyEditor struct {
	room   *Room
	object fyne.CanvasObject
	name   *uiwidget.CutLabel
	text   *document.Editor
	tables *compose.BodyTables
	hex    *document.HexEditor
	file   *uiwidget.BarButton
	modes  *uiwidget.TabBar
	pages  [len(bodyModes)]fyne.CanvasObject
	of     *draft
	answer bool            // the body in sight is that of an answer
	tabled *composed.Draft // it, as the tables have it
	mode   composed.Mode   // how it is shown
	unfit  bool            // it is shown as a text since the table cannot have it
	locked bool            // it can be read alone
	filled bool            // it is being shown: no person chose the mode
}

// bodyModes are the ways to edit it, in the order of their tabs.
var bodyModes = [...]composed.Mode{composed.Text, composed.Form, composed.InParts, composed.Hex}

func newBodyEditor(r *Room) *bodyEditor {
	b := &bodyEditor{room: r, name: uiwidget.NewCutLabel(style.ColorMuted), text: r.newText(), tabled: new(composed.Draft)}
	b.text.Most = breakpoints.MaxNewBody
	b.text.Changed = func() { r.typed(1, b.text.Text()) }
	leave := func() { r.deps.Window.Canvas().Unfocus() }
	b.tables = compose.NewBodyTables(func() *composed.Draft { return b.tabled }, b.edited, b.fileOf, r.refuse, r.deps.Shortcut, leave)
	b.hex = document.NewHexEditor(r.newText(), func(body []byte) { r.typed(1, string(body)) }, r.tell)
	b.file = uiwidget.NewBarButton(theme.FolderOpenIcon(), b.choose)
	b.modes = uiwidget.NewTabBar(b.chosen)
	b.pages = [...]fyne.CanvasObject{uiwidget.NewLowered(b.text.LineView), b.tables.Form, b.tables.Parts,
		uiwidget.NewLowered(b.hex.LineView)}
	b.object = uiwidget.NewPage(uiwidget.NewBar(b.name, b.file, b.modes),
		container.NewStack(uiwidget.NewShade(theme.ColorNameInputBackground), b.pages[0], b.pages[1], b.pages[2], b.pages[3]))
	return b
}

func (b *bodyEditor) retranslate() {
	b.file.SetLabel(i18n.T("breaks.file"))
	b.modes.SetLabels(i18n.T("compose.mode.text"), i18n.T("compose.mode.form"), i18n.T("compose.mode.parts"), i18n.T("compose.mode.hex"))
}

// chosen has the body be edited another way.
func (b *bodyEditor) chosen(tab int) {
	if b.filled || b.of == nil {
		return
	}
	_, mode := b.of.written()
	*mode = bodyModes[tab]
	b.room.refresh()
}

// edited takes over what was changed in a table.
func (b *bodyEditor) edited() {
	body := b.tabled.Body.Bytes
	if b.mode == composed.InParts {
		body, _ = b.tabled.Body.Parts.Bytes()
	}
	b.room.typed(1, string(body))
}

// show shows a body of a draft; head says how it is parted.
func (b *bodyEditor) show(d *draft, head, body string, readOnly, hidden bool) {
	if b.of != d || b.answer != d.answers {
		b.of, b.answer = d, d.answers
		b.hex.Forget()
	}
	tables, mode := d.written()
	if hidden {
		tables = new(composed.Draft) // with nothing of it
	}
	b.tabled, b.mode, b.locked = tables, *mode, readOnly
	if b.unfit = !hidden && !tabled(tables, b.mode, head, body); b.unfit {
		b.mode = composed.Text
	}
	switch b.mode {
	case composed.Text:
		b.text.SetText(body)
		b.text.SetLineEnd(document.LineEndOf(body))
		b.text.ReadOnly = readOnly
	case composed.Hex:
		b.hex.ShowBytes([]byte(body), readOnly)
	default:
		b.tables.Show(readOnly)
	}
	b.file.SetVisible(!readOnly)
	b.filled = true
	b.modes.Choose(slices.Index(bodyModes[:], *mode))
	b.filled = false
	for i, page := range b.pages {
		uiwidget.SetShown(page, b.mode == bodyModes[i])
	}
}

// problem is what is to be said of how the body is written.
func (b *bodyEditor) problem() string {
	switch {
	case b.unfit:
		return i18n.T("breaks.unfit")
	case b.mode == composed.Hex:
		return b.hex.Problem()
	}
	return ""
}

// broken reports whether what is typed is no body yet.
func (b *bodyEditor) broken() bool { return b.mode == composed.Hex && b.hex.Broken() }

// choose asks for a file, and takes the body from it.
func (b *bodyEditor) choose() {
	r, d := b.room, b.room.now
	answers := d.answers
	b.read(func(_ string, body []byte, err error) {
		d.load(answers, body, err)
		r.refresh()
	})
}

// read asks for a file and reads it.
func (b *bodyEditor) read(done func(path string, body []byte, err error)) {
	r := b.room
	r.deps.OpenFile(filedialog.Options{Title: i18n.T("breaks.file.title")}, func(paths []string) {
		r.deps.Work(func() func() {
			body, err := bounded.ReadFile(paths[0], breakpoints.MaxNewBody)
			return func() { done(paths[0], body, err) }
		})
	})
}

// fileOf asks for the file of a part, or makes one that is a file a text again.
func (b *bodyEditor) fileOf(i int) {
	t, d := b.tabled, b.of
	if b.locked || i >= len(t.Body.Parts.Parts) {
		return
	}
	change := func(name, kind string, body []byte) {
		if err := t.Body.Parts.Parts[i].SetContent(name, kind, body); err != nil {
			b.room.refuse(visible.Text(words.ReasonText(err)))
			return
		}
		b.edited()
		b.room.refresh()
	}
	if t.Body.Parts.Parts[i].File() != "" {
		change("", "", nil)
		return
	}
	b.read(func(path string, body []byte, err error) {
		switch {
		case b.of != d || b.tabled != t || b.locked || i >= len(t.Body.Parts.Parts): // it is another body by now
		case err != nil:
			b.room.refuse(unread(err))
		default:
			change(filepath.Base(path), compose.FileType(path), body)
		}
	})
}

// load takes the body from a file that was read.
func (d *draft) load(answers bool, body []byte, err error) {
	switch {
	case err != nil:
		d.wrong = unread(err)
	case answers:
		d.answer[1], d.wrong = string(body), ""
	default:
		d.body, d.wrong = string(body), ""
	}
}

// unread says why a file was not read.
func unread(err error) string {
	if errors.Is(err, bounded.ErrTooLarge) {
		return i18n.T("breaks.file.long", words.SizeText(breakpoints.MaxNewBody))
	}
	return i18n.T("breaks.file.failed", visible.Text(words.ReasonText(err)))
}
