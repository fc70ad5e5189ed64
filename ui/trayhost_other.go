//go:build !linux

package ui

// trayCanVanish: here the tray is a part of the system.
const trayCanVanish = false

// TrayHost reports whether there is a tray to show an icon in: here always.
func TrayHost() bool { return true }

// TrayMayCome reports whether there may be one later.
func TrayMayCome() bool { return true }

// busGone: there is no bus here.
func busGone(any) bool { return false }

type trayAsker struct{}

func (trayAsker) host() bool { return true }
func (trayAsker) close()     {}
