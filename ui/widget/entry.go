package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// KeyEntry is an entry that hands on the window's shortcuts, which the toolkit
// would swallow while an entry has the focus, and Escape.
type KeyEntry struct {
	widget.Entry
	Window   func(fyne.Shortcut)
	Escape   func()
	MinWidth float32

	underlined []Underlining
	left       bool // the focus is elsewhere
}

// NewKeyEntry makes an empty entry, which is as wide as its text.
func NewKeyEntry() *KeyEntry {
	e := &KeyEntry{}
	e.Wrapping = fyne.TextWrapOff
	e.Scroll = fyne.ScrollNone
	e.ExtendBaseWidget(e)
	return e
}

// TypedShortcut hands the window's own shortcuts on, and pastes what is not too long.
func (e *KeyEntry) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*desktop.CustomShortcut); ok && e.Window != nil {
		e.Window(s)
		return
	}
	if Fits(&e.Entry, e, s) {
		e.Entry.TypedShortcut(s)
	}
}

// TypedKey hands Escape on.
func (e *KeyEntry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape && e.Escape != nil {
		e.Escape()
		return
	}
	e.Entry.TypedKey(k)
}

// FocusGained shows where the cursor is.
func (e *KeyEntry) FocusGained() {
	e.left = false
	e.Entry.FocusGained()
}

// FocusLost shows a line from its beginning; the cursor stays where it is.
func (e *KeyEntry) FocusLost() {
	e.left = true
	e.Entry.FocusLost()
}

// MinSize keeps an entry from shrinking to nothing.
func (e *KeyEntry) MinSize() fyne.Size {
	size := e.Entry.MinSize()
	if e.MinWidth > 0 {
		size.Width = e.MinWidth
	}
	return size
}
