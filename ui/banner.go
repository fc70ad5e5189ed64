package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/style"
	"posthouse/ui/visible"
)

// banner is a line across the window that says what went wrong and offers what
// to do about it. It stays until the trouble is gone or it is closed.
type banner struct {
	object   *fyne.Container
	back     *canvas.Rectangle
	text     *widget.Label
	remedy   *widget.Button
	close    *widget.Button
	key      string // of the trouble that is shown, "" for none
	onClosed func(key string)
	closed   string // the trouble that a person closed
}

func newBanner() *banner {
	b := &banner{back: canvas.NewRectangle(color.Transparent), text: widget.NewLabel("")}
	b.text.Wrapping = fyne.TextWrapWord
	b.remedy = widget.NewButton("", nil)
	b.remedy.Importance = widget.HighImportance
	b.close = widget.NewButtonWithIcon("", theme.CancelIcon(), func() {
		b.closed = b.key
		key := b.key
		b.hide()
		if b.onClosed != nil {
			b.onClosed(key)
		}
	})
	b.close.Importance = widget.LowImportance
	buttons := container.NewHBox(container.NewCenter(b.remedy), container.NewCenter(b.close))
	b.object = container.NewStack(b.back, container.New(layout.NewCustomPaddedLayout(2, 2, 8, 4), container.NewBorder(nil, nil, widget.NewIcon(theme.WarningIcon()), buttons, b.text)))
	b.object.Hide()
	return b
}

// show says something; key tells one trouble from another, so that one that
// was closed stays closed until it is another.
func (b *banner) show(key, text, remedy string, act func()) {
	if b.closed == key {
		return
	}
	b.key = key
	b.text.SetText(visible.Lines(text))
	b.remedy.Hidden = remedy == ""
	b.remedy.SetText(remedy)
	b.remedy.OnTapped = act
	b.back.FillColor = style.ThemeColor(style.ColorBanner)
	b.back.Refresh()
	b.object.Show()
}

// clear takes the trouble away.
func (b *banner) clear() {
	b.closed = ""
	b.hide()
}

func (b *banner) hide() {
	b.key = ""
	b.object.Hide()
}
