package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// KeyButton is a button of a dialog that has the focus: Enter presses it as Space does,
// and Escape leaves the dialog. The toolkit's own (2.8.1) knows Space alone.
type KeyButton struct {
	widget.Button
	escape func()
}

// NewKeyButton makes a button; escape leaves its dialog.
func NewKeyButton(label string, tapped, escape func()) *KeyButton {
	b := &KeyButton{escape: escape}
	b.Text, b.OnTapped = label, tapped
	b.ExtendBaseWidget(b)
	return b
}

// TypedKey presses the button, or leaves.
func (b *KeyButton) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	case fyne.KeyEscape:
		b.escape()
	default:
		b.Button.TypedKey(e)
	}
}

// KeyCheck is a tick of a dialog: Space ticks it, Enter goes on, Escape leaves the dialog.
type KeyCheck struct {
	widget.Check
	enter, escape func()
}

// NewKeyCheck makes a tick; changed is called after each change, enter goes on, escape leaves
// its dialog.
func NewKeyCheck(label string, changed, enter, escape func()) *KeyCheck {
	c := &KeyCheck{enter: enter, escape: escape}
	c.Text, c.OnChanged = label, func(bool) { changed() }
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey goes on, or leaves. Space is a rune to the tick.
func (c *KeyCheck) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		c.enter()
	case fyne.KeyEscape:
		c.escape()
	default:
		c.Check.TypedKey(e)
	}
}
