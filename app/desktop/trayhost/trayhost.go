// Package trayhost tells whether the desktop has a tray to show an icon in: without
// one a hidden window could not be found again.
//
// On Linux it asks the session's bus (StatusNotifierWatcher); elsewhere the tray is
// a part of the system.
package trayhost

// Present reports whether there is a tray now.
func Present() bool {
	var a Asker
	defer a.Close()
	return a.Present()
}
