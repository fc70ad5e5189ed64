// Package app owns the proxy's life: the controller (a state machine), the
// settings (TOML under XDG), and the wiring of the stores. It never imports
// Fyne: the desktop app and the headless command drive the same controller.
package app
