//go:build !linux

package trayhost

// CanVanish: here the tray is a part of the system.
const CanVanish = false

// MayCome reports whether there may be a tray later.
func MayCome() bool { return true }

// BusGone reports whether a panic says that the message bus is gone: here there is none.
func BusGone(any) bool { return false }

// An Asker asks for the tray.
type Asker struct{}

// Present reports whether there is a tray to show an icon in: here always.
func (*Asker) Present() bool { return true }

// Close does nothing here.
func (*Asker) Close() {}
