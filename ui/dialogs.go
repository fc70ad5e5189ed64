package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"posthouse/ui/i18n"
	"posthouse/ui/setup"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// opened is a dialog and what it lies in, over the window.
type opened struct {
	dialog  dialog.Dialog
	overlay fyne.CanvasObject
}

// open shows a dialog that Escape closes; of several, the uppermost.
func (w *Window) open(d dialog.Dialog) {
	w.tip.Close()
	overlays := w.win.Canvas().Overlays()
	there := overlays.List()
	w.dialogs = slices.DeleteFunc(w.dialogs, func(o opened) bool { return !slices.Contains(there, o.overlay) })
	d.Show()
	w.dialogs = append(w.dialogs, opened{d, overlays.Top()})
}

// leaveDialog closes the dialog that lies uppermost.
func (w *Window) leaveDialog() {
	top := w.win.Canvas().Overlays().Top()
	for _, o := range w.dialogs {
		if o.overlay == top {
			o.dialog.Hide()
			return
		}
	}
	if asked := uiwidget.PopUpIn(top); asked != nil { // one that a dialog of the toolkit opened, such as whether to overwrite
		asked.Hide()
	}
}

// setupDeps is what the dialogs of package setup need of the window.
func (w *Window) setupDeps() setup.Deps {
	return setup.Deps{
		Window: w.win, Controller: w.controller, Stores: w.stores, Context: w.ctx,
		System: w.systemProxy, Work: w.work, Copy: w.copy, Open: w.open, Changed: w.certificateChanged, Save: w.saveCertificate,
		Reason: func(err error) string {
			text, _ := words.ProblemText(err)
			return text
		},
		Problem: words.ProblemText,
	}
}

// certificateChanged shows another authority where one is shown.
func (w *Window) certificateChanged() {
	if w.settings != nil && !w.settings.Closed {
		w.settings.Refresh()
	}
	w.followController()
}

// setupMenu is what the menu offers to set up.
func (w *Window) setupMenu() []*fyne.MenuItem {
	return []*fyne.MenuItem{
		fyne.NewMenuItem(i18n.T("menu.guide"), func() { setup.Guide(w.setupDeps(), "") }),
		fyne.NewMenuItem(i18n.T("menu.phone"), w.showPhone),
		fyne.NewMenuItem(i18n.T("menu.check"), func() { setup.Check(w.setupDeps()) }),
		fyne.NewMenuItem(i18n.T("menu.cert.install"), func() { setup.Install(w.setupDeps()) }),
		fyne.NewMenuItem(i18n.T("menu.cert.remove"), func() { setup.Remove(w.setupDeps()) }),
	}
}
