package tray

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// trayHostTime bounds how long the message bus may take to answer.
const trayHostTime = 500 * time.Millisecond

// trayCanVanish: the tray belongs to a program that may crash, restart or come late.
const TrayCanVanish = true

// TrayHost reports whether there is a tray to show an icon in now: without one
// a hidden window could not be found again.
func TrayHost() bool {
	var a TrayAsker
	defer a.Close()
	return a.Host()
}

// TrayMayCome reports whether a tray could be told of us at all: without a message
// bus none ever is.
func TrayMayCome() bool {
	conn, err := connectBus()
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// busGone reports whether a panic says that the message bus cannot be spoken to.
func busGone(r any) bool {
	err, ok := r.(error)
	var network net.Error
	return ok && (errors.Is(err, dbus.ErrClosed) || errors.As(err, &network) || errors.Is(err, syscall.EPIPE))
}

// trayAsker asks for the tray's host on a connection of its own, since the toolkit
// closes the shared one, and keeps it from one question to the next.
type TrayAsker struct{ conn *dbus.Conn }

func connectBus() (*dbus.Conn, error) {
	// Without an address the library would start a bus of its own.
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" {
		socket := fmt.Sprintf("/run/user/%d/bus", os.Getuid())
		if _, err := os.Stat(socket); err != nil {
			return nil, err
		}
		address = "unix:path=" + socket
	}
	return dbus.Connect(address)
}

func (a *TrayAsker) Host() bool {
	if a.conn == nil {
		conn, err := connectBus()
		if err != nil {
			return false
		}
		a.conn = conn
	}
	ctx, cancel := context.WithTimeout(context.Background(), trayHostTime)
	defer cancel()
	const watcher = "org.kde.StatusNotifierWatcher"
	var answer dbus.Variant
	err := a.conn.Object(watcher, "/StatusNotifierWatcher").CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, watcher, "IsStatusNotifierHostRegistered").Store(&answer)
	if said := (dbus.Error{}); err != nil && !errors.As(err, &said) {
		a.Close() // the bus is gone, or does not answer: the next question begins anew
	}
	host, _ := answer.Value().(bool)
	return err == nil && host
}

func (a *TrayAsker) Close() {
	if a.conn != nil {
		_ = a.conn.Close()
		a.conn = nil
	}
}
