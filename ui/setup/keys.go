package setup

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	uiwidget "posthouse/ui/widget"
)

// What has the focus swallows Escape, which closes a dialog. These hand it on.

type entry struct {
	widget.Entry
	escape func()
}

func newEntry(escape func()) *entry {
	e := &entry{escape: escape}
	e.Wrapping, e.Scroll = fyne.TextWrapOff, fyne.ScrollNone
	e.ExtendBaseWidget(e)
	return e
}

// TypedKey hands Escape on.
func (e *entry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		e.escape()
		return
	}
	e.Entry.TypedKey(k)
}

// TypedShortcut pastes what is not too long.
func (e *entry) TypedShortcut(s fyne.Shortcut) {
	if uiwidget.Fits(&e.Entry, e, s) {
		e.Entry.TypedShortcut(s)
	}
}

type check struct {
	widget.Check
	escape func()
}

func newCheck(text string, changed func(bool), escape func()) *check {
	c := &check{escape: escape}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey hands Escape on.
func (c *check) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		c.escape()
		return
	}
	c.Check.TypedKey(k)
}

type choice struct {
	widget.Select
	escape func()
}

func newChoice(words []string, changed func(string), escape func()) *choice {
	c := &choice{escape: escape}
	c.Options, c.OnChanged = words, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey hands Escape on.
func (c *choice) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		c.escape()
		return
	}
	c.Select.TypedKey(k)
}
