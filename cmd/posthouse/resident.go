package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/app/clients/clientcheck"
	"posthouse/app/clients/launch"
	"posthouse/app/desktop"
	"posthouse/app/desktop/notify"
	"posthouse/app/desktop/sysproxy"
	"posthouse/app/sessions"
	"posthouse/app/switches/systementry"
	"posthouse/app/switches/systemproxy"
	"posthouse/ui"
)

// restoreTime bounds what quitting waits for the system proxy to be put back.
const restoreTime = 10 * time.Second

// startTime is how long a start goes on behind the first picture, about.
const startTime = time.Second

// resident is what makes this program a guest of the desktop.
type resident struct {
	log         *slog.Logger
	instance    *desktop.Instance // nil where the state directory cannot be used
	crashes     *desktop.CrashLog // nil likewise
	systemProxy *sysproxy.Manager
	system      *systemproxy.Switch
	entries     []*systementry.Keeper // none where this is not the Posthouse of the user's own settings
	notes       *notify.Notifier
	window      atomic.Pointer[ui.Window]
	seen        chan struct{} // closed after the first picture

	opened     <-chan struct{} // the system has files to open, for takeOpened; nil: it never does
	takeOpened func() []string
}

// claim makes this the one instance, before anything is shown. It returns nil where
// another one runs and was told.
func claim(settings string, request desktop.Request, log *slog.Logger) (*resident, error) {
	r := &resident{log: log, seen: make(chan struct{})}
	dir := desktop.StateDir()
	var err error
	r.instance, err = desktop.Claim(dir, settings, request)
	switch {
	case errors.Is(err, desktop.ErrRunning):
		fmt.Fprintln(os.Stderr, "posthouse:", err)
		return nil, nil
	case errors.Is(err, desktop.ErrSilent):
		return nil, err
	case err != nil:
		log.Warn(err.Error())
	}
	if r.crashes, err = desktop.CatchCrashes(dir, app.Build()); err != nil {
		log.Warn(err.Error())
	}
	r.systemProxy = sysproxy.New(sysproxy.Options{Dir: dir, Log: log})
	report, err := r.systemProxy.Repair(context.Background())
	if err != nil {
		log.Error(err.Error())
	}
	if !report.Empty() {
		log.Warn("the system proxy was not as a Posthouse before this one should have left it", "report", report.String())
	}
	return r, nil
}

// afterFirstPicture does what a start does that nobody waits for. Decoding the icon would take a fiftieth of the
// start, and whoever manages windows looks at it when they are there.
func (r *resident) afterFirstPicture(a fyne.App, launcher *launch.Launcher, openedDir string) {
	close(r.seen)
	a.SetIcon(ui.AppIcon())
	for _, w := range a.Driver().AllWindows() {
		w.SetIcon(nil) // the app's
	}
	launcher.SweepSoon()
	clientcheck.Sweep()
	sessions.Sweep(openedDir)
}

// close puts the system proxy back; what it cannot, the next start does.
func (r *resident) close() {
	r.restore()
	if r.instance != nil {
		r.instance.Close()
	}
	if r.crashes != nil {
		r.crashes.Close()
	}
}

func (r *resident) restore() {
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
	defer cancel()
	if _, err := r.systemProxy.Close(ctx); err != nil {
		r.log.Error(err.Error())
	}
}

// attend opens files, and answers signals and second starts until stop is called.
func (r *resident) attend(controller *app.Controller, fyneApp fyne.App, window *ui.Window, files []string) (stop func()) {
	ends := make(chan os.Signal, 1)
	desktop.NotifyEnd(ends)
	var requests <-chan desktop.Request
	if r.instance != nil {
		requests = r.instance.Requests
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		window.OpenSoon(files)
		over := time.NewTimer(startTime)
		defer over.Stop()
		for {
			select {
			case <-over.C:
				debug.FreeOSMemory() // what the start has left over
			case <-ends:
				window.Ending()
				r.restore() // first, and not on the window's goroutine, which may hang
				// The toolkit answers two of the signals too, and may have ended by now:
				// then this runs here, without waiting. The driver's Quit may be called
				// twice; the app's own would close windows that are gone.
				ui.Do(fyneApp.Driver().Quit)
			case request := <-requests:
				if request.Start {
					controller.Start()
				}
				if !request.Hidden {
					window.ShowSoon("")
				}
				window.OpenSoon(request.Files)
			case <-r.opened:
				window.ShowSoon("")
				window.OpenSoon(r.takeOpened())
			case <-quit:
				return
			}
		}
	}()
	return func() {
		signal.Stop(ends)
		close(quit)
		<-done
	}
}
