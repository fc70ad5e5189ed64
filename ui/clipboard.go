package ui

import (
	"fyne.io/fyne/v2/dialog"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
)

// copy puts a text on the clipboard: all that is copied goes this way.
func (w *Window) copy(text string) { w.app.Clipboard().SetContent(details.Pasteable(text)) }

// copyRowCurl copies the command of a row.
func (w *Window) copyRowCurl(id flow.ID, s export.Shell) {
	w.copyCurl(func() (flow.Exchange, bool) { return w.controller.Store().Get(id) }, s, func() {})
}

// copyCurl puts the command that sends an exchange's request again on the
// clipboard, and says in what it differs. Every way to copy one ends here.
func (w *Window) copyCurl(get func() (flow.Exchange, bool), s export.Shell, copied func()) {
	w.work(func() func() {
		x, ok := get()
		if !ok {
			return func() {} // it left memory
		}
		command := export.Curl(&x, s)
		return func() {
			if command.Text != "" {
				w.copy(command.Text)
				copied()
			}
			if text := details.CurlText(&command); text != "" {
				w.open(dialog.NewInformation("Posthouse", text, w.win))
			}
		}
	})
}
