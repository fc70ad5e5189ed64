package tray

import "time"

const (
	// guardPause is how often it is looked for the tray's host while the window is
	// hidden there.
	guardPause = 2 * time.Second
	// guardLooks is how many looks in a row must miss it. A host that restarts, or
	// that comes a little after the login, is back before.
	guardLooks = 4
)

// Guard calls stranded when the window has been in the tray for some looks and
// there is no tray any more: nobody could find the window again. It calls back when
// there is one again after that. It ends with quit.
func Guard(quit <-chan struct{}, inTray, host func() bool, stranded, back func()) {
	tick := time.NewTicker(guardPause)
	defer tick.Stop()
	missed, gone := 0, false
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
		}
		if !inTray() && !gone {
			missed = 0
			continue
		}
		if host() {
			if missed = 0; gone {
				gone = false
				back()
			}
			continue
		}
		if missed++; missed >= guardLooks && inTray() {
			missed, gone = 0, true
			stranded()
		}
	}
}
