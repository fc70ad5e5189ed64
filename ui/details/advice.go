package details

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
)

// adviceBox shows an advice: what happened, and buttons for what to do.
type adviceBox struct {
	id      flow.ID
	shown   advice
	done    string // key of the button that was pressed, "" for none
	what    *widget.Label
	detail  *widget.Label
	picture *canvas.Image
	buttons *fyne.Container
	shades  [2]fyne.CanvasObject // of a note, of a failure
	object  *fyne.Container
}

func newAdviceBox() *adviceBox {
	b := &adviceBox{what: widget.NewLabel(""), detail: widget.NewLabel(""), buttons: container.New(&wrapRow{})}
	b.what.TextStyle.Bold, b.what.Wrapping = true, fyne.TextWrapWord
	b.detail.Wrapping, b.detail.Selectable = fyne.TextWrapWord, true
	b.picture = &canvas.Image{FillMode: canvas.ImageFillContain}
	b.picture.SetMinSize(fyne.NewSquareSize(uiwidget.SignSize))
	b.shades = [2]fyne.CanvasObject{uiwidget.NewShade(style.ColorBanner), uiwidget.NewShade(style.ColorBad)}
	text := container.New(uiwidget.TightColumn{}, b.what, b.detail, container.New(layout.NewCustomPaddedLayout(2, 6, 6, 6), b.buttons))
	left := container.New(layout.NewCustomPaddedLayout(7, 0, 10, 2), container.NewVBox(b.picture))
	b.object = container.NewStack(b.shades[0], b.shades[1], container.NewBorder(nil, nil, left, nil, text))
	b.object.Hide()
	return b
}

// show reports whether there is anything to say.
func (b *adviceBox) show(x *flow.Exchange, a advice) bool {
	uiwidget.SetShown(b.object, a.what != "")
	if a.what == "" {
		b.id = 0
		return false
	}
	if b.id == x.ID && b.shown.same(&a) {
		b.shown = a
		return true
	}
	if b.id != x.ID {
		b.done = ""
	}
	b.id, b.shown = x.ID, a
	b.picture.Resource = uiwidget.SignLooks[uiwidget.SignOf(&x.Row)].Picture
	b.picture.Refresh()
	uiwidget.SetShown(b.shades[0], !a.grave && !a.calm)
	uiwidget.SetShown(b.shades[1], a.grave)
	b.write()
	return true
}

func (b *adviceBox) write() {
	b.what.SetText(visible.Lines(b.shown.what))
	lines := b.shown.lines
	if b.done != "" {
		lines = append(slices.Clone(lines), i18n.T("tls.done", i18n.T(b.done)))
	}
	uiwidget.SetShown(b.detail, len(lines) > 0)
	b.detail.SetText(visible.Lines(strings.Join(lines, "\n")))
	b.buttons.RemoveAll()
	for i, r := range b.shown.actions {
		button := widget.NewButton(i18n.T(r.key), func() { b.press(i) })
		if r.key == b.done {
			button.SetIcon(theme.ConfirmIcon())
			button.Disable()
		}
		b.buttons.Add(button)
	}
	b.object.Refresh()
}

// press does what a button says.
func (b *adviceBox) press(i int) {
	if i >= len(b.shown.actions) {
		return
	}
	r := b.shown.actions[i]
	if r.do == nil {
		r.open()
		return
	}
	if r.do() == nil {
		b.done = r.key
		b.write()
	}
}

// same reports whether another advice looks the same.
func (a *advice) same(o *advice) bool {
	return a.what == o.what && a.grave == o.grave && slices.Equal(a.lines, o.lines) &&
		slices.EqualFunc(a.actions, o.actions, func(a, b remedy) bool { return a.key == b.key })
}

// wrapRow is a row of objects that goes on in the next line where there is no
// room for all.
type wrapRow struct{ width float32 }

const wrapSpace float32 = 6

func (w *wrapRow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	for _, o := range objects {
		widest = max(widest, o.MinSize().Width)
	}
	return fyne.NewSize(widest, w.place(objects, max(w.width, widest), nil))
}

func (w *wrapRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w.width = size.Width
	w.place(objects, size.Width, func(o fyne.CanvasObject, at fyne.Position) {
		o.Move(at)
		o.Resize(o.MinSize())
	})
}

// place goes through the objects and returns the height of all lines.
func (w *wrapRow) place(objects []fyne.CanvasObject, width float32, put func(fyne.CanvasObject, fyne.Position)) float32 {
	x, y, line := float32(0), float32(0), float32(0)
	for _, o := range objects {
		least := o.MinSize()
		if x > 0 && x+least.Width > width {
			x, y, line = 0, y+line+wrapSpace, 0
		}
		if put != nil {
			put(o, fyne.NewPos(x, y))
		}
		x, line = x+least.Width+wrapSpace, max(line, least.Height)
	}
	return y + line
}
