package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
)

// emptyHint is shown where there is no exchange to show.
type emptyHint struct {
	text   *cutLabel
	object *fyne.Container
}

func newEmptyHint() *emptyHint {
	e := &emptyHint{text: newCutLabel(style.ColorMuted)}
	e.text.stiff = true
	e.object = container.NewCenter(e.text)
	return e
}

func (e *emptyHint) show(on, chosen, gone bool) {
	setShown(e.object, on)
	text := i18n.T("details.nothing")
	switch {
	case gone:
		text = i18n.T("details.gone")
	case chosen:
		text = "" // it is being read; that takes no time worth a word
	}
	e.text.set(text)
	e.object.Refresh()
}
