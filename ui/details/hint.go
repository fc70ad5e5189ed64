package details

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// emptyHint is shown where there is no exchange to show.
type emptyHint struct {
	text   *uiwidget.CutLabel
	object *fyne.Container
}

func newEmptyHint() *emptyHint {
	e := &emptyHint{text: uiwidget.NewCutLabel(style.ColorMuted)}
	e.text.Stiff = true
	e.object = container.NewCenter(e.text)
	return e
}

func (e *emptyHint) show(on, chosen, gone bool) {
	uiwidget.SetShown(e.object, on)
	text := i18n.T("details.nothing")
	switch {
	case gone:
		text = i18n.T("details.gone")
	case chosen:
		text = "" // it is being read; that takes no time worth a word
	}
	e.text.Set(text)
	e.object.Refresh()
}
