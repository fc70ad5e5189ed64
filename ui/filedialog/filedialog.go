// Package filedialog asks a person for files to open, or for a name to save to: with the dialog of
// the desktop where there is one, else with the toolkit's. It answers with paths and neither makes
// a file nor opens one: whoever writes does so atomically, and leaves what stands there until then.
//
// All of it belongs to the UI goroutine; the desktop's dialog is waited for beside it. There is at
// most one dialog: asking again closes the one that is open. What is answered after the window was
// closed is dropped.
package filedialog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver"

	"posthouse/app/desktop/filechooser"
	"posthouse/ui/i18n"
)

// Deps is what the dialogs need of the window that they lie over.
type Deps struct {
	Window   fyne.Window
	Open     func(dialog.Dialog)      // shows a dialog so that Escape closes it
	Do       func(func())             // has the UI goroutine call a function
	Work     func(slow func() func()) // runs slow beside the UI goroutine, and what that returns on it
	Context  context.Context          // ends when the window is closed
	Inform   func(title, text string) // shows a text that a button closes
	Folder   func() string            // where files were chosen last; "" where that is not known
	Remember func(folder string)
	Desktop  Chooser // nil: there is no dialog but the toolkit's
}

// A Chooser is filechooser.Choose, or what stands in for it.
type Chooser func(context.Context, filechooser.Request) ([]string, error)

// Kind is a kind of files that is offered: its name, and the extensions without the dot.
type Kind = filechooser.Kind

// Options say what is asked for. The dialog of the desktop offers all files too, after the Kinds.
type Options struct {
	Title   string
	Kinds   []Kind
	Name    string // Save: the name that is proposed
	Several bool   // Open: more than one may be chosen, where the dialog can do that
	Left    func() // called where nothing was chosen; nil: nothing is
}

// Dialogs are those of one window.
type Dialogs struct {
	deps   Deps
	cancel context.CancelFunc // closes the desktop's dialog that is open
}

// New makes them.
func New(deps Deps) *Dialogs {
	return &Dialogs{deps: deps, cancel: func() {}}
}

// Open asks for files that are there; chosen gets at least one path, and is not called where none
// was chosen.
func (d *Dialogs) Open(o Options, chosen func(paths []string)) { d.ask(o, false, chosen) }

// Save asks for a name to write to, and whether what stands there is to be replaced; chosen is not
// called where none was chosen.
func (d *Dialogs) Save(o Options, chosen func(path string)) {
	d.ask(o, true, func(paths []string) { chosen(withExtension(paths[0], o.Kinds)) })
}

func (d *Dialogs) ask(o Options, save bool, chosen func(paths []string)) {
	d.cancel()
	if d.deps.Desktop == nil {
		d.toolkits(o, save, func(paths []string, err error) { d.answered(&o, paths, err, chosen) })
		return
	}
	var ctx context.Context
	ctx, d.cancel = context.WithCancel(d.deps.Context)
	cancel, r := d.cancel, d.request(&o, save)
	d.deps.Work(func() func() {
		paths, err := d.deps.Desktop(ctx, r)
		return func() {
			defer cancel()
			switch {
			case d.deps.Context.Err() != nil: // the window is closed
			case ctx.Err() != nil: // another is asked for
				d.answered(&o, nil, ctx.Err(), chosen)
			case errors.Is(err, filechooser.ErrNone):
				d.toolkits(o, save, func(paths []string, err error) { d.answered(&o, paths, err, chosen) })
			default:
				d.answered(&o, paths, err, chosen)
			}
		}
	})
}

// request is what the desktop is asked for.
func (d *Dialogs) request(o *Options, save bool) filechooser.Request {
	kinds := append(slices.Clone(o.Kinds), Kind{Name: i18n.T("choose.all")})
	return filechooser.Request{Window: native(d.deps.Window), Main: d.deps.Do, Title: o.Title, Save: save, Several: o.Several,
		Name: o.Name, Folder: d.folder(), Kinds: kinds}
}

// answered hands on what was chosen, or says why nothing could be.
func (d *Dialogs) answered(o *Options, paths []string, err error, chosen func(paths []string)) {
	switch {
	case err == nil:
		d.deps.Remember(filepath.Dir(paths[0]))
		chosen(paths)
		return
	case errors.Is(err, filechooser.ErrElsewhere):
		d.deps.Inform(o.Title, i18n.T("choose.elsewhere"))
	case !errors.Is(err, filechooser.ErrLeft) && !errors.Is(err, context.Canceled):
		d.deps.Inform(o.Title, i18n.T("choose.failed", err.Error()))
	}
	if o.Left != nil {
		o.Left()
	}
}

// native is the window as the system knows it; 0 where that is not known, as with Wayland.
func native(w fyne.Window) uintptr {
	var handle uintptr
	if n, ok := w.(driver.NativeWindow); ok {
		n.RunNative(func(context any) {
			switch c := context.(type) {
			case driver.X11WindowContext:
				handle = c.WindowHandle
			case driver.WindowsWindowContext:
				handle = c.HWND
			case driver.MacWindowContext:
				handle = c.NSWindow
			}
		})
	}
	return handle
}

// folder is where a dialog begins: where a file was chosen last, while that is there.
func (d *Dialogs) folder() string {
	folder := d.deps.Folder()
	if info, err := os.Stat(folder); err != nil || !info.IsDir() || !filepath.IsAbs(folder) {
		return ""
	}
	return folder
}

// withExtension puts an extension behind a name that was typed without one, as the kind has it. It
// does not where a file stands under either name: the dialog asked about the one that was typed.
func withExtension(path string, kinds []Kind) string {
	if len(kinds) == 0 || len(kinds[0].Extensions) == 0 || filepath.Ext(path) != "" {
		return path
	}
	longer := path + "." + kinds[0].Extensions[0]
	for _, p := range []string{path, longer} {
		if _, err := os.Lstat(p); !errors.Is(err, os.ErrNotExist) {
			return path
		}
	}
	return longer
}
