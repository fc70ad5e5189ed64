package share

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
)

// Run does something slow beside the UI goroutine, under a title, with a progress that can be
// cancelled. slow tells what share is done, from 0 to 1, and ends soon after ctx does. done is told how
// it ended, with context.Canceled where a person cancelled; it is not called when the window closes
// meanwhile. left, for done, reports whether a person cancelled, also where that came too late.
func Run(deps Deps, title string, slow func(ctx context.Context, progress func(float64)) error, done func(error)) (left func() bool) {
	ctx, cancel := context.WithCancel(deps.Context)
	bar := widget.NewProgressBar()
	stop := widget.NewButton(i18n.T("settings.cancel"), cancel)
	d := dialog.NewCustomWithoutButtons(title, container.NewVBox(bar), deps.Window)
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
	calledOff := false
	deps.Work(func() func() {
		err := slow(ctx, progress)
		return func() {
			calledOff = ctx.Err() != nil
			d.Hide()
			cancel()
			done(err)
		}
	})
	return func() bool { return calledOff }
}
