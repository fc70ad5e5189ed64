package ui

import "time"

const (
	// guardPause is how often it is looked for the tray's host while the window is
	// hidden there.
	guardPause = 2 * time.Second
	// guardLooks is how many looks in a row must miss it. A host that restarts, or
	// that comes a little after the login, is back before.
	guardLooks = 4
)

// guardTray calls stranded when the window has been in the tray for some looks and
// there is no tray any more: nobody could find the window again. It ends with quit.
func guardTray(quit <-chan struct{}, inTray, host func() bool, stranded func()) {
	tick := time.NewTicker(guardPause)
	defer tick.Stop()
	missed := 0
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
		}
		if !inTray() || host() {
			missed = 0
			continue
		}
		if missed++; missed == guardLooks {
			missed = 0
			stranded()
		}
	}
}

// startGuard begins to look after the window where trays may go.
func (w *Window) startGuard() {
	w.stopGuard = func() {}
	if !trayCanVanish {
		return
	}
	quit := make(chan struct{})
	w.stopGuard = func() { close(quit) }
	w.jobs.Go(func() {
		var asker trayAsker
		defer asker.close()
		host := asker.host
		if w.hostGiven {
			host = w.trayHost
		}
		guardTray(quit, w.inTray.Load, host, func() {
			w.do(func() {
				if w.inTray.Load() {
					w.trayGone = true
					w.Show()
					w.followController()
				}
			})
		})
	})
}
