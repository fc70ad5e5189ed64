// Package assets holds Posthouse's own drawings: the app icon, and a tray icon
// for each state. The sources are the SVG files in svg/; the PNGs in png/ are
// generated from them (go generate, or make icons) and embedded here as files,
// because trays take raster pictures only. The package imports nothing but
// embed, so that any part of Posthouse may use it.
//
// The tray icons differ by shape and not by colour alone: a closed gate
// (stopped), a road through (running), a broken road (running, not recording), a road through the whole gate (this computer is
// pointed at the proxy; broken too while nothing is recorded),
// a gate with an exclamation mark (failed). Their colours are middle tones that
// read on light and on dark panels.
package assets

import "embed"

//go:generate go run ./gen

// AppIcon is the app's icon, a PNG of 512 x 512 pixels.
//
//go:embed png/app-512.png
var AppIcon []byte

// The tray icons are PNGs of 64 x 64 pixels, which panels scale down well: the
// drawings lie on the grid of 16 pixels.
var (
	//go:embed png/tray-stopped-64.png
	TrayStopped []byte
	//go:embed png/tray-running-64.png
	TrayRunning []byte
	//go:embed png/tray-running-not-recording-64.png
	TrayRunningNotRecording []byte
	//go:embed png/tray-system-64.png
	TraySystem []byte
	//go:embed png/tray-system-not-recording-64.png
	TraySystemNotRecording []byte
	//go:embed png/tray-failed-64.png
	TrayFailed []byte
)

// The signs of what became of the TLS in a tunnel are SVG, drawn on the grid of 16
// pixels: the window draws them at the pixels of its screen, in colours of its
// theme, and each has its own shape.
var (
	//go:embed svg/lock-closed.svg
	LockClosed []byte
	//go:embed svg/lock-open.svg
	LockOpen []byte
	//go:embed svg/lock-warning.svg
	LockWarning []byte
	//go:embed svg/lock-refused.svg
	LockRefused []byte
	//go:embed svg/lock-failed.svg
	LockFailed []byte
)

// Program stands for a program without an icon, drawn like the signs.
//
//go:embed svg/program.svg
var Program []byte

// Mark is the shape of a mark in menus, MarkNone of a mark taken off; Star that of a star; PanesBeside and PanesBelow say where the details
// stand. They are drawn like the signs.
var (
	//go:embed svg/mark.svg
	Mark []byte
	//go:embed svg/mark-none.svg
	MarkNone []byte
	//go:embed svg/star.svg
	Star []byte
	//go:embed svg/panes-beside.svg
	PanesBeside []byte
	//go:embed svg/panes-below.svg
	PanesBelow []byte
)

// Icons holds every generated PNG as png/NAME-SIZE.png, NAME being app, session (a file that holds one),
// tray-stopped, tray-running, tray-running-not-recording, tray-system, tray-system-not-recording or tray-failed, and
// SIZE the pixels of one side (16, 24, 32, 64; app: 16 to 512, session: 16 to 256).
//
//go:embed png
var Icons embed.FS
