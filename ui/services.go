package ui

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"posthouse/app"
	"posthouse/proxy/capture/history"
	"posthouse/ui/details"
	"posthouse/ui/filedialog"
	uiwidget "posthouse/ui/widget"
)

// services are what every part of the window needs: the controller, the clipboard,
// dialogs, and work beside the UI goroutine. All but ending belong to the UI goroutine.
type services struct {
	app        fyne.App
	win        fyne.Window
	controller *app.Controller
	do         func(func()) // runs on the UI goroutine, until the app is about to end
	ctx        context.Context
	cancel     context.CancelFunc // when the window is closed
	jobs       sync.WaitGroup     // what runs beside the UI goroutine
	ending     atomic.Bool
	dialogs    []opened // over the window; Escape closes the uppermost
	tip        *uiwidget.Tip
	secrets    *secrets
	files      *filedialog.Dialogs
	*tab                                     // the one in sight: what is done to rows is done to its rows
	inSight    atomic.Pointer[history.Tiers] // those rows, for other goroutines
}

// opened is a dialog and what it lies in, over the window.
type opened struct {
	dialog  dialog.Dialog
	overlay fyne.CanvasObject
}

func newServices(o *Options) *services {
	s := &services{app: o.App, controller: o.Controller, secrets: &secrets{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	do := o.Do
	if do == nil {
		do = Do
	}
	s.do = func(f func()) {
		do(func() {
			if !s.ending.Load() {
				f()
			}
		})
	}
	s.tip = uiwidget.NewTip(s.do)
	return s
}

// Ending says that the app is about to end, from any goroutine: from then on nothing
// is drawn. The toolkit, once it has ended, runs what is meant for its own goroutine
// where it is asked, and there is no window and no tray then.
func (s *services) Ending() { s.ending.Store(true) }

// work runs something slow on another goroutine, and what that returns on the UI
// goroutine.
func (s *services) work(slow func() func()) {
	s.jobs.Go(func() { s.do(slow()) })
}

// copy puts a text on the clipboard: all that is copied goes this way, without secrets while
// they are hidden.
func (s *services) copy(text string) {
	s.app.Clipboard().SetContent(details.Pasteable(s.secrets.text(text)))
}

// askFiles makes what asks for files; what was chosen last is remembered in m.
func (s *services) askFiles(m *memory, desktop filedialog.Chooser) {
	s.files = filedialog.New(filedialog.Deps{
		Window: s.win, Open: s.open, Do: s.do, Work: s.work, Context: s.ctx, Inform: s.inform, Desktop: desktop,
		Folder: func() string { return m.Folder },
		Remember: func(folder string) {
			m.Folder = folder
			m.save()
		},
	})
}

// open shows a dialog that Escape closes; of several, the uppermost.
func (s *services) open(d dialog.Dialog) {
	s.tip.Close()
	overlays := s.win.Canvas().Overlays()
	there := overlays.List()
	s.dialogs = slices.DeleteFunc(s.dialogs, func(o opened) bool { return !slices.Contains(there, o.overlay) })
	d.Show()
	uiwidget.FlattenDialog(overlays.Top())
	s.dialogs = append(s.dialogs, opened{d, overlays.Top()})
}

// inform shows a text that a button closes.
func (s *services) inform(title, text string) { s.open(dialog.NewInformation(title, text, s.win)) }

// covered reports whether a dialog or a menu lies over the window.
func (s *services) covered() bool { return s.win.Canvas().Overlays().Top() != nil }

// leaveDialog closes the dialog that lies uppermost.
func (s *services) leaveDialog() {
	top := s.win.Canvas().Overlays().Top()
	for _, o := range s.dialogs {
		if o.overlay == top {
			o.dialog.Hide()
			return
		}
	}
	if asked := uiwidget.PopUpIn(top); asked != nil { // one that a dialog of the toolkit opened, such as whether to overwrite
		asked.Hide()
	}
}
