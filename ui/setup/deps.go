package setup

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/switches/systemproxy"
)

// Deps is what the dialogs need of the window that they lie over.
type Deps struct {
	Window     fyne.Window
	Controller *app.Controller
	Stores     []trust.Store // where the certificate is installed
	System     System        // the system proxy

	Context context.Context          // ends when the window is closed: what runs for a dialog ends too
	Work    func(slow func() func()) // runs slow beside the UI goroutine, and what that returns on it
	Copy    func(text string)        // to the clipboard
	Open    func(dialog.Dialog)      // shows a dialog so that Escape closes it
	Reason  func(error) string       // an error of the system in a person's words
	Changed func()                   // the authority or a store has changed
	Save    func()                   // asks for a file, and saves the certificate

	// Problem is Reason with a port that is free on the address in question, or 0.
	Problem func(error) (text string, port int)
	Checker func() (Checker, error) // what tries clients; nil: the controller's
}

// System is the switch that points this computer at the proxy. Set does not block.
type System interface {
	Status() systemproxy.Status
	Set(on bool)
}
