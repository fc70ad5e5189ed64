package breaks

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/bounded"
	"posthouse/proxy/breakpoints"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// bodyEditor edits the body of the message in sight, as text or in hexadecimal, or takes it from a
// file.
type bodyEditor struct {
	room   *Room
	object fyne.CanvasObject
	name   *uiwidget.CutLabel
	text   *document.Editor
	hex    *document.HexEditor
	file   *uiwidget.BarButton
	inHex  *uiwidget.BarButton // is down while it is edited in hexadecimal
	pages  [2]fyne.CanvasObject
	of     *draft
	answer bool // the body in sight is that of an answer
}

func newBodyEditor(r *Room) *bodyEditor {
	b := &bodyEditor{room: r, name: uiwidget.NewCutLabel(style.ColorMuted), text: r.newText()}
	b.text.Most = breakpoints.MaxNewBody
	b.text.Changed = func() { r.typed(1, b.text.Text()) }
	b.hex = document.NewHexEditor(r.newText(), func(body []byte) { r.typed(1, string(body)) }, r.tell)
	b.file = uiwidget.NewBarButton(theme.FolderOpenIcon(), b.choose)
	b.inHex = uiwidget.NewBarButton(nil, func() {
		b.inHex.SetOn(!b.inHex.On())
		r.refresh()
	})
	b.pages = [2]fyne.CanvasObject{uiwidget.NewLowered(b.text.LineView), uiwidget.NewLowered(b.hex.LineView)}
	b.object = uiwidget.NewPage(uiwidget.NewBar(b.name, b.file, b.inHex), container.NewStack(b.pages[0], b.pages[1]))
	return b
}

func (b *bodyEditor) retranslate() {
	b.file.SetLabel(i18n.T("breaks.file"))
	b.inHex.SetLabel(i18n.T("compose.mode.hex"))
}

// show shows a body of a draft.
func (b *bodyEditor) show(d *draft, body string, readOnly bool) {
	if b.of != d { // of another message its text is shown first
		b.of = d
		b.inHex.SetOn(false)
		b.hex.Forget()
	}
	if b.answer != d.answers {
		b.answer = d.answers
		b.hex.Forget()
	}
	hex := b.inHex.On()
	if hex {
		b.hex.ShowBytes([]byte(body), readOnly)
	} else {
		b.text.SetText(body)
		b.text.SetLineEnd(document.LineEndOf(body))
		b.text.ReadOnly = readOnly
	}
	b.file.SetVisible(!readOnly)
	for i, page := range b.pages {
		uiwidget.SetShown(page, hex == (i == 1))
	}
}

// problem is what is to be said of how the body is written, "" for nothing.
func (b *bodyEditor) problem() string {
	if !b.inHex.On() {
		return ""
	}
	return b.hex.Problem()
}

// broken reports whether what stands there is no body.
func (b *bodyEditor) broken() bool { return b.inHex.On() && b.hex.Broken() }

// choose asks for a file, and takes the body from it.
func (b *bodyEditor) choose() {
	r, d := b.room, b.room.now
	answers := d.answers
	r.deps.OpenFile(filedialog.Options{Title: i18n.T("breaks.file.title")}, func(paths []string) {
		r.deps.Work(func() func() {
			body, err := bounded.ReadFile(paths[0], breakpoints.MaxNewBody)
			return func() {
				d.load(answers, body, err)
				r.refresh()
			}
		})
	})
}

// load takes the body from a file that was read.
func (d *draft) load(answers bool, body []byte, err error) {
	switch {
	case errors.Is(err, bounded.ErrTooLarge):
		d.wrong = i18n.T("breaks.file.long", words.SizeText(breakpoints.MaxNewBody))
	case err != nil:
		d.wrong = i18n.T("breaks.file.failed", visible.Text(words.ReasonText(err)))
	case answers:
		d.answer[1], d.wrong = string(body), ""
	default:
		d.body, d.wrong = string(body), ""
	}
}
