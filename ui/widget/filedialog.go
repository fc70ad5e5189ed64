package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"
)

// AskFile asks for a file to write to, with a name to begin with. Escape leaves
// it, as every dialog.
func AskFile(win fyne.Window, open func(dialog.Dialog), name string, chosen func(fyne.URIWriteCloser, error)) {
	ask := dialog.NewFileSave(chosen, win)
	ask.SetFileName(name)
	open(ask)
	ask.Resize(fyne.NewSize(720, 520)) // the dialog has no size before it is shown
	if p := PopUpIn(win.Canvas().Overlays().Top()); p != nil {
		HandEscapeOn(win.Canvas(), p.Content, ask.Hide)
	}
}

// HandEscapeOn puts an entry that hands Escape on in the place of the toolkit's
// own for the name, which has the focus and swallows it. That one lives on behind
// it: the dialog reads it, and writes what is chosen in the list to it.
func HandEscapeOn(canvas fyne.Canvas, o fyne.CanvasObject, leave func()) {
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			HandEscapeOn(canvas, child, leave)
		}
	case *container.Scroll:
		name, ok := o.Content.(*widget.Entry)
		if !ok {
			return
		}
		own := NewKeyEntry()
		own.Escape = leave
		own.PlaceHolder = name.PlaceHolder
		own.SetText(name.Text)
		own.OnChanged = name.SetText
		own.OnSubmitted = func(text string) { name.OnSubmitted(text) }
		changed := name.OnChanged
		name.OnChanged = func(text string) {
			if changed(text); own.Text != text {
				own.SetText(text)
				canvas.Focus(own) // the list took it
			}
		}
		o.Content = own
		o.Refresh()
		canvas.Focus(own)
	}
}

// PopUpIn is the pop-up that an overlay of the toolkit holds, nil for none: a
// menu, which leaves by itself, is none.
func PopUpIn(overlay fyne.CanvasObject) *widget.PopUp {
	if w, ok := overlay.(fyne.Widget); ok {
		for _, o := range w.CreateRenderer().Objects() {
			if p, ok := o.(*widget.PopUp); ok {
				return p
			}
		}
	}
	return nil
}

// AskPath asks for the name of a file that is written afterwards, atomically. The toolkit makes
// the file when it is chosen, so an empty one may stand there.
func AskPath(win fyne.Window, open func(dialog.Dialog), name string, chosen func(path string, err error)) {
	AskFile(win, open, name, func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			chosen("", err)
		case file != nil:
			path := file.URI().Path()
			if err := file.Close(); err != nil {
				chosen("", err)
				return
			}
			chosen(path, nil)
		}
	})
}
