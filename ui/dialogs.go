package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
	uisettings "posthouse/ui/settings"
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
	w.commands.look()
	w.followController()
}

func (w *Window) showKeys() {
	form := widget.NewForm()
	for _, c := range w.commands.table.Keyed() {
		form.Append(c.KeyText(), widget.NewLabel(c.Words()))
	}
	for _, k := range [][2]string{{"↑ ↓ PgUp PgDn Home End", "keys.move"}, {"Enter ← →", "keys.open"}, {"Esc", "keys.back"}} {
		form.Append(k[0], widget.NewLabel(i18n.T(k[1])))
	}
	w.open(dialog.NewCustom(i18n.T("command.keys"), i18n.T("close"), form, w.win))
}

func (w *Window) showAbout() {
	text := widget.NewLabel(i18n.T("about", app.Version))
	text.Alignment = fyne.TextAlignCenter
	w.open(dialog.NewCustom("Posthouse 驿站", i18n.T("close"), text, w.win))
}

func (w *Window) showSettings() {
	if w.login != nil {
		w.login.Look()
	}
	w.settings = uisettings.New(uisettings.Deps{
		Window: w.win, Path: w.controller.Path(), Current: w.controller.Settings, Copy: w.copy,
		Setup: w.setupDeps(),
		Change: func(change func(*settings.Settings)) error {
			err := w.controller.Change(change)
			if app.InForce(err) {
				w.report(err)
			}
			w.followController()
			return err
		},
	})
	w.settings.MarkLogin(w.login)
	w.open(w.settings.Dialog)
}
