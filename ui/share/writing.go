package share

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/desktop/atomicfile"
	"posthouse/ui/i18n"
)

// Write writes a file beside the UI goroutine, with a progress that can be cancelled. write tells
// what share is done, from 0 to 1, and ends soon after ctx does; nothing is left of the file then.
// done is told how it ended, with context.Canceled where a person cancelled.
func Write(deps Deps, path string, write func(ctx context.Context, w io.Writer, progress func(float64)) error, done func(error)) {
	ctx, cancel := context.WithCancel(deps.Context)
	bar := widget.NewProgressBar()
	stop := widget.NewButton(i18n.T("settings.cancel"), cancel)
	d := dialog.NewCustomWithoutButtons(i18n.T("share.writing", filepath.Base(path)), container.NewVBox(bar), deps.Window)
	d.SetButtons([]fyne.CanvasObject{stop})
	d.SetOnClosed(cancel) // Escape
	d.Resize(fyne.NewSize(sheetWidth, d.MinSize().Height))
	deps.Open(d)
	told := time.Now()
	progress := func(share float64) {
		if time.Since(told) >= tellEvery {
			told = time.Now()
			deps.Do(func() { bar.SetValue(share) })
		}
	}
	deps.Work(func() func() {
		err := stream(ctx, path, func(w io.Writer) error { return write(ctx, w, progress) })
		return func() {
			d.Hide()
			cancel()
			done(err)
		}
	})
}

// stream writes the file atomically.
func stream(ctx context.Context, path string, write func(io.Writer) error) error {
	return atomicfile.Options{Direct: true, Ready: ctx.Err}.Stream(path, func(w io.Writer) error {
		if err := write(w); err != nil {
			return err
		}
		return ctx.Err()
	})
}
