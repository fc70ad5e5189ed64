package filedialog

import (
	"errors"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/storage/repository"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/desktop/filechooser"
	uiwidget "posthouse/ui/widget"
)

// toolkits asks with the toolkit's dialog. Escape leaves it, as every dialog.
func (d *Dialogs) toolkits(o Options, save bool, answered func([]string, error)) {
	keepFiles()
	done := false // it tells of the same end in several ways
	end := func(uri fyne.URI, err error) {
		if done {
			return
		}
		done = true
		switch {
		case err != nil:
			answered(nil, err)
		case uri == nil:
			answered(nil, filechooser.ErrLeft)
		default:
			answered([]string{filepath.FromSlash(uri.Path())}, nil)
		}
	}
	ask := d.newDialog(save, end)
	ask.SetTitleText(o.Title)
	if save {
		ask.SetFileName(o.Name)
	}
	if folder := d.folder(); folder != "" {
		if there, err := storage.ListerForURI(storage.NewFileURI(folder)); err == nil {
			ask.SetLocation(there)
		}
	}
	leave := func() {
		if !done {
			ask.Hide()
			end(nil, nil)
		}
	}
	d.deps.Open(leavable{ask, leave})
	ask.Resize(fyne.NewSize(720, 520)) // the dialog has no size before it is shown
	over := d.deps.Window.Canvas().Overlays().Top()
	over.Refresh() // it was centred with another size: in a low window its buttons lay below the edge
	if p := uiwidget.PopUpIn(over); p != nil && save {
		HandEscapeOn(d.deps.Window.Canvas(), p.Content, leave)
	}
	d.cancel = leave
}

// leavable is a dialog that says so when it is left by Escape.
type leavable struct {
	*dialog.FileDialog
	leave func()
}

func (l leavable) Hide() { l.leave() }

// newDialog makes the dialog; end is told what was chosen, nil for nothing.
func (d *Dialogs) newDialog(save bool, end func(fyne.URI, error)) *dialog.FileDialog {
	if save {
		return dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
			if w == nil {
				end(nil, err)
				return
			}
			end(w.URI(), err)
		}, d.deps.Window)
	}
	return dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if r == nil {
			end(nil, err)
			return
		}
		end(r.URI(), err)
	}, d.deps.Window)
}

// fileScheme is that of URIs of files.
const fileScheme = "file"

// keepFiles has the toolkit's dialog leave files alone: it empties or makes the one that is chosen to
// save to, before anything is written, and opens the one that is chosen to open, which waits where
// that is a pipe. Posthouse reads and writes its files by their paths.
func keepFiles() {
	there, err := repository.ForScheme(fileScheme)
	if err != nil {
		return
	}
	if _, ours := there.(untouched); ours {
		return
	}
	if files, ok := there.(fileSystem); ok {
		repository.Register(fileScheme, untouched{files})
	}
}

// fileSystem is what the toolkit's own repository of files can do, as far as its dialog asks for it.
type fileSystem interface {
	repository.WritableRepository
	repository.ListableRepository
	repository.HierarchicalRepository
}

// untouched is the file system without what opens a file.
type untouched struct{ fileSystem }

func (untouched) Writer(u fyne.URI) (fyne.URIWriteCloser, error) { return name{u}, nil }
func (untouched) Reader(u fyne.URI) (fyne.URIReadCloser, error)  { return name{u}, nil }

// name is a file of which there is but the name.
type name struct{ uri fyne.URI }

var errUntouched = errors.New("files are read and written by their paths")

func (n name) URI() fyne.URI             { return n.uri }
func (name) Read([]byte) (int, error)    { return 0, errUntouched }
func (name) Write(b []byte) (int, error) { return 0, errUntouched }
func (name) Close() error                { return nil }

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
		own := uiwidget.NewKeyEntry()
		own.Wrapping = fyne.TextWrap(fyne.TextTruncateClip) // it scrolls: a long name makes the dialog no wider
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
