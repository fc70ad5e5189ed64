package app

import (
	"path/filepath"

	"github.com/adrg/xdg"
)

// SettingsPath is where the settings lie unless told otherwise: settings.toml
// in posthouse under the XDG config directory.
func SettingsPath() string { return filepath.Join(xdg.ConfigHome, "posthouse", "settings.toml") }

// WindowStatePath is where the window is remembered: window.json in posthouse
// under the XDG state directory.
func WindowStatePath() string { return filepath.Join(xdg.StateHome, "posthouse", "window.json") }

// CADir is where the certificate authority lies unless told otherwise: ca in
// posthouse under the XDG data directory.
func CADir() string { return filepath.Join(xdg.DataHome, "posthouse", "ca") }
