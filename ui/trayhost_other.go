//go:build !linux

package ui

// TrayHost reports whether there is a tray to show an icon in: here always.
func TrayHost() bool { return true }
