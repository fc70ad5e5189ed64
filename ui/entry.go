package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// keyEntry is an entry that hands on the window's shortcuts, which the toolkit
// would swallow while an entry has the focus, and Escape.
type keyEntry struct {
	widget.Entry
	window   func(fyne.Shortcut)
	escape   func()
	minWidth float32
}

func newKeyEntry() *keyEntry {
	e := &keyEntry{}
	e.Wrapping = fyne.TextWrapOff
	e.Scroll = fyne.ScrollNone
	e.ExtendBaseWidget(e)
	return e
}

// TypedShortcut hands the window's own shortcuts on.
func (e *keyEntry) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*desktop.CustomShortcut); ok && e.window != nil {
		e.window(s)
		return
	}
	e.Entry.TypedShortcut(s)
}

// TypedKey hands Escape on.
func (e *keyEntry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape && e.escape != nil {
		e.escape()
		return
	}
	e.Entry.TypedKey(k)
}

// MinSize keeps an entry from shrinking to nothing.
func (e *keyEntry) MinSize() fyne.Size {
	size := e.Entry.MinSize()
	if e.minWidth > 0 {
		size.Width = e.minWidth
	}
	return size
}
