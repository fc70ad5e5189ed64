package widget

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

// Banner is a line across the window that says what went wrong, or what came of something, and
// offers what to do about it. It stays until the trouble is gone or it is closed.
type Banner struct {
	Object   *fyne.Container
	back     *canvas.Rectangle
	icon     *widget.Icon
	Text     *widget.Label
	Remedy   *widget.Button
	Other    *widget.Button // another way out
	Close    *widget.Button
	Key      any // of the trouble that is shown, nil for none; comparable
	OnClosed func(key any)
	Closed   any // the trouble that a person closed
}

// NewBanner makes a banner that says nothing yet.
func NewBanner() *Banner {
	b := &Banner{back: canvas.NewRectangle(color.Transparent), icon: widget.NewIcon(nil), Text: widget.NewLabel("")}
	b.Text.Wrapping = fyne.TextWrapWord
	b.Remedy = widget.NewButton("", nil)
	b.Remedy.Importance = widget.HighImportance
	b.Other = widget.NewButton("", nil)
	b.Other.Hide()
	b.Close = widget.NewButtonWithIcon("", theme.CancelIcon(), func() {
		b.Closed = b.Key
		key := b.Key
		b.hide()
		if b.OnClosed != nil {
			b.OnClosed(key)
		}
	})
	b.Close.Importance = widget.LowImportance
	buttons := container.NewHBox(container.NewCenter(b.Remedy), container.NewCenter(b.Other), container.NewCenter(b.Close))
	b.Object = container.NewStack(b.back, container.New(layout.NewCustomPaddedLayout(2, 2, 8, 4),
		container.NewBorder(nil, nil, b.icon, buttons, b.Text)))
	b.Object.Hide()
	return b
}

// Show says something; key tells one trouble from another, so that one that
// was closed stays closed until it is another.
func (b *Banner) Show(key any, text, remedy string, act func()) {
	if b.Closed == key {
		return
	}
	b.Key = key
	b.Text.SetText(visible.Lines(text))
	b.Remedy.Hidden = remedy == ""
	b.Remedy.SetText(remedy)
	b.Remedy.OnTapped = act
	b.Other.Hide()
	b.paint(theme.WarningIcon(), style.ColorBanner)
	b.Object.Show()
}

// Calm has what is shown look like the good news that it is.
func (b *Banner) Calm() { b.paint(theme.InfoIcon(), style.ColorNothing) }

func (b *Banner) paint(icon fyne.Resource, back fyne.ThemeColorName) {
	b.icon.SetResource(icon)
	b.back.FillColor = style.ThemeColor(back)
	b.back.Refresh()
}

// Offer has what is shown offer another way out; "" for none.
func (b *Banner) Offer(word string, act func()) {
	b.Other.Hidden = word == ""
	b.Other.SetText(word)
	b.Other.OnTapped = act
}

// Clear takes the trouble away.
func (b *Banner) Clear() {
	b.Closed = nil
	b.hide()
}

func (b *Banner) hide() {
	b.Key = nil
	b.Object.Hide()
}
