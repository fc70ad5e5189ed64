// Package dbus finds the session's message bus and asks what is on it.
//
// It never lets the library look for the bus, which would start one that no
// process ends. A connection belongs to its caller: the toolkit closes the
// library's shared one. All functions may be called from any goroutine.
package dbus

import (
	"fmt"
	"os"
)

// Nowhere is an address without a bus. Programs that are given it start none.
const Nowhere = "unix:path=/nonexistent"

// Address is where the session's bus is said to be; empty: nowhere.
func Address() string {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = fmt.Sprintf("/run/user/%d", os.Getuid()) // where the toolkit looks too
	}
	if _, err := os.Stat(dir + "/bus"); err != nil {
		return ""
	}
	return "unix:path=" + dir + "/bus"
}
