package setup

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"posthouse/app"
	"posthouse/app/trust"
)

// Deps is what the dialogs need of the window that they lie over.
type Deps struct {
	Window     fyne.Window
	Controller *app.Controller
	Stores     []trust.Store // where the certificate is installed

	Context context.Context          // ends when the window is closed: what runs for a dialog ends too
	Work    func(slow func() func()) // runs slow beside the UI goroutine, and what that returns on it
	Copy    func(text string)        // to the clipboard
	Open    func(dialog.Dialog)      // shows a dialog so that Escape closes it
	Reason  func(error) string       // an error of the system in a person's words
	Changed func()                   // the authority is another one, or gone
}
