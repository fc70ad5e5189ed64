package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// ListEntry is typed into over a list: arrows and Enter are for the list. It scrolls, so
// that a long text makes nothing wider, and keeps the focus.
type ListEntry struct {
	widget.Entry
	Step   func(by int)
	Page   int // rows that PageUp and PageDown step
	Choose func()
	Leave  func()
}

// Extend makes it ready; of is what it is embedded in.
func (e *ListEntry) Extend(of fyne.Widget) {
	e.Wrapping, e.Scroll = fyne.TextWrap(fyne.TextTruncateClip), fyne.ScrollNone
	e.ExtendBaseWidget(of)
}

// CreateRenderer leaves the bars out.
func (e *ListEntry) CreateRenderer() fyne.WidgetRenderer { return BareRenderer(&e.Entry) }

// TypedKey goes through the list, chooses, or leaves.
func (e *ListEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyDown:
		e.Step(1)
	case fyne.KeyUp:
		e.Step(-1)
	case fyne.KeyPageDown:
		e.Step(e.Page)
	case fyne.KeyPageUp:
		e.Step(-e.Page)
	case fyne.KeyReturn, fyne.KeyEnter:
		e.Choose()
	case fyne.KeyEscape:
		e.Leave()
	default:
		e.Entry.TypedKey(k)
	}
}

// TypedShortcut pastes what is not too long.
func (e *ListEntry) TypedShortcut(s fyne.Shortcut) {
	if Fits(&e.Entry, e, s) {
		e.Entry.TypedShortcut(s)
	}
}

// AcceptsTab keeps the focus: the arrows go through the list.
func (e *ListEntry) AcceptsTab() bool { return true }
