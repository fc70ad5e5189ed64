package trayhost

import (
	"time"

	godbus "github.com/godbus/dbus/v5"

	"posthouse/app/desktop/dbus"
)

// answerLimit bounds how long the message bus may take to answer.
const answerLimit = 500 * time.Millisecond

// CanVanish: the tray belongs to a program that may crash, restart or come late.
const CanVanish = true

// watcher knows of trays (StatusNotifierItem, freedesktop.org).
var watcher = dbus.Object{Name: "org.kde.StatusNotifierWatcher", Path: "/StatusNotifierWatcher"}

// MayCome reports whether a tray could be told of us at all: without a message
// bus none ever is.
func MayCome() bool {
	conn, err := dbus.Connect()
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// BusGone reports whether a panic of the toolkit says that the message bus cannot
// be spoken to.
func BusGone(r any) bool {
	err, ok := r.(error)
	return ok && dbus.Gone(err)
}

// An Asker asks for the tray's host and keeps its connection from one question to
// the next. The zero value is ready; one goroutine uses it, and closes it.
type Asker struct{ conn *godbus.Conn }

// Present reports whether there is a tray to show an icon in now.
func (a *Asker) Present() bool {
	if a.conn == nil {
		conn, err := dbus.Connect()
		if err != nil {
			return false
		}
		a.conn = conn
	}
	var answer godbus.Variant
	err := watcher.Call(a.conn, answerLimit, godbus.FlagNoAutoStart, "org.freedesktop.DBus.Properties.Get", watcher.Name,
		"IsStatusNotifierHostRegistered").
		Store(&answer)
	if !dbus.Answered(err) {
		a.Close() // the next question begins anew
	}
	host, _ := answer.Value().(bool)
	return err == nil && host
}

// Close closes the connection.
func (a *Asker) Close() {
	if a.conn != nil {
		_ = a.conn.Close()
		a.conn = nil
	}
}
