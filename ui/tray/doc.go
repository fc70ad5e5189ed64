// Package tray is the icon in the tray, its menu and its words, and the watch over a window that
// is hidden there. All but Guard belongs to the UI goroutine.
package tray
