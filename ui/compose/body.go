package compose

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/compose"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
)

// bodyEditor edits the body: as text, form, parts, from a file, or in hexadecimal.
type bodyEditor struct {
	e      *Editor
	object fyne.CanvasObject
	modes  *uiwidget.TabBar
	filled bool // the mode is being shown: no person chose it

	text   *document.Editor
	form   *table
	parts  *table
	path   *uiwidget.CutLabel
	choose *widget.Button
	hex    *document.HexEditor
	pages  [5]fyne.CanvasObject
}

func newBodyEditor(e *Editor) *bodyEditor {
	b := &bodyEditor{e: e}
	draft := func() *compose.Draft { return e.draft }
	b.modes = uiwidget.NewTabBar(b.chosen)
	b.text = e.newText()
	b.hex = document.NewHexEditor(e.newText(), b.take, e.tell)
	b.text.Most = compose.MaxBody
	b.text.Port.Numbers = true
	b.text.Changed = func() { b.take([]byte(b.text.Text())) }
	b.form = e.newTable(pairRows{draft})
	rows := partRows{draft}
	b.parts = e.newTable(rows)
	b.parts.button = func(i int) { b.fileOf(rows, i) }
	b.path = uiwidget.NewCutLabel(theme.ColorNameForeground)
	b.choose = widget.NewButtonWithIcon("", theme.FolderOpenIcon(), b.chooseFile)
	file := container.New(layout.NewCustomPaddedLayout(12, 12, 12, 12),
		container.NewVBox(container.NewBorder(nil, nil, b.choose, nil, b.path)))
	b.pages = [5]fyne.CanvasObject{uiwidget.NewLowered(b.text.LineView), b.form.object, b.parts.object, file,
		uiwidget.NewLowered(b.hex.LineView)}
	stack := container.NewStack()
	for _, p := range b.pages {
		stack.Add(p)
	}
	b.object = uiwidget.NewPage(uiwidget.NewBar(b.modes), stack)
	return b
}

// show shows the body as the draft is now.
func (b *bodyEditor) show() {
	d := b.e.draft
	b.filled = true
	b.modes.Choose(int(d.Body.Mode))
	b.filled = false
	switch d.Body.Mode {
	case compose.Text:
		text := string(d.Body.Bytes)
		b.text.SetText(text)
		b.text.SetLineEnd(document.LineEndOf(text))
	case compose.Form:
		b.form.refresh()
	case compose.InParts:
		b.parts.refresh()
	case compose.File:
		b.showPath()
	case compose.Hex:
		b.hex.ShowBytes(d.Body.Bytes, false)
	}
	for i, p := range b.pages {
		uiwidget.SetShown(p, i == int(d.Body.Mode))
	}
}

func (b *bodyEditor) chosen(mode int) {
	if b.filled {
		return
	}
	b.e.draft.SetMode(compose.Mode(mode))
	b.show()
	b.e.edited()
}

// take has the body be these bytes.
func (b *bodyEditor) take(body []byte) {
	if err := b.e.draft.SetBytes(body); err != nil {
		b.e.refuse(err)
		return
	}
	b.e.edited()
}

// problem is what is to be said of how the body is written.
func (b *bodyEditor) problem() string {
	if b.e.draft.Body.Mode != compose.Hex {
		return ""
	}
	return b.hex.Problem()
}

func (b *bodyEditor) showPath() {
	if path := b.e.draft.Body.Path; path != "" {
		b.path.SetColored(visible.Text(path), theme.ColorNameForeground)
	} else {
		b.path.SetColored(i18n.T("compose.file.none"), style.ColorMuted)
	}
}

func (b *bodyEditor) chooseFile() {
	d := b.e.draft
	b.e.deps.OpenFile(filedialog.Options{Title: i18n.T("compose.file.title")}, func(paths []string) {
		d.Body.Path = paths[0]
		b.showPath()
		b.e.edited()
	})
}

// fileOf asks for the file of a part, or makes one that is a file a text again.
func (b *bodyEditor) fileOf(rows partRows, i int) {
	d := b.e.draft
	done := func(err error) {
		b.e.refuse(err)
		b.parts.refresh()
		if err == nil {
			b.e.edited()
		}
	}
	if (*rows.parts())[i].Path != "" {
		done(rows.clearFile(i))
		return
	}
	b.e.deps.OpenFile(filedialog.Options{Title: i18n.T("compose.file.title")}, func(paths []string) {
		if d == b.e.draft && i < rows.Len() {
			done(rows.setFile(i, paths[0]))
		}
	})
}

func (b *bodyEditor) focus() {
	switch b.e.draft.Body.Mode {
	case compose.Text:
		focus(b.text.LineView)
	case compose.Form:
		b.form.focus(0, 0)
	case compose.InParts:
		b.parts.focus(0, 0)
	case compose.File:
		focus(b.choose)
	case compose.Hex:
		focus(b.hex.LineView)
	}
}

func (b *bodyEditor) retranslate() {
	b.modes.SetLabels(i18n.T("compose.mode.text"), i18n.T("compose.mode.form"), i18n.T("compose.mode.parts"), i18n.T("compose.mode.file"),
		i18n.T("compose.mode.hex"))
	b.choose.SetText(i18n.T("compose.file.choose"))
	b.showPath()
}
