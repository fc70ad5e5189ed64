package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// MaxLine bounds the text that a paste may make of an entry of one line, and MaxLines of one of several, in bytes:
// the toolkit lays all of it out and makes one picture of a line. That takes a megabyte seconds, and several lines
// the square of their number.
const (
	MaxLine  = 4 << 10
	MaxLines = 64 << 10
)

// Fits reports whether an entry may do what a shortcut asks for. A paste that would make too long a text of it
// changes nothing, and a dialog says so.
func Fits(e *widget.Entry, o fyne.CanvasObject, s fyne.Shortcut) bool {
	paste, is := s.(*fyne.ShortcutPaste)
	if !is {
		return true
	}
	most, key := MaxLine, "paste.line"
	if e.MultiLine {
		most, key = MaxLines, "paste.lines"
	}
	n := len(paste.Clipboard.Content())
	if n == 0 || len(e.Text)-len(e.SelectedText())+n <= most {
		return true
	}
	driver := fyne.CurrentApp().Driver()
	canvas := driver.CanvasForObject(o)
	for _, w := range driver.AllWindows() {
		if w.Canvas() == canvas {
			dialog.ShowInformation("Posthouse", i18n.T(key, words.SizeText(int64(n)), words.SizeText(int64(most))), w)
		}
	}
	return false
}

// SelectEntry is the toolkit's, with a bound on what is pasted.
type SelectEntry struct{ widget.SelectEntry }

// NewSelectEntry makes an empty entry with texts to choose from.
func NewSelectEntry(options []string) *SelectEntry {
	e := &SelectEntry{}
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.ExtendBaseWidget(e)
	e.SetOptions(options)
	return e
}

// TypedShortcut pastes what is not too long.
func (e *SelectEntry) TypedShortcut(s fyne.Shortcut) {
	if Fits(&e.Entry, e, s) {
		e.SelectEntry.TypedShortcut(s)
	}
}
