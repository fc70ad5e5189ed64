package ui

import (
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// trayHostTime bounds how long the message bus may take to answer.
const trayHostTime = 500 * time.Millisecond

// TrayHost reports whether there is a tray to show an icon in now: without one
// a hidden window could not be found again. It asks on a connection of its own,
// since the toolkit closes the shared one.
func TrayHost() bool {
	// Without an address the library would start a bus of its own.
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" {
		socket := fmt.Sprintf("/run/user/%d/bus", os.Getuid())
		if _, err := os.Stat(socket); err != nil {
			return false
		}
		address = "unix:path=" + socket
	}
	answer := make(chan bool, 1)
	conn, err := dbus.Connect(address)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	go func() {
		const watcher = "org.kde.StatusNotifierWatcher"
		v, err := conn.Object(watcher, "/StatusNotifierWatcher").GetProperty(watcher + ".IsStatusNotifierHostRegistered")
		host, _ := v.Value().(bool)
		answer <- err == nil && host
	}()
	select {
	case host := <-answer:
		return host
	case <-time.After(trayHostTime):
		return false // closing the connection ends the question
	}
}
