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

// CACertificatePath and CABundlePath are where the CA's certificate, alone and
// with the system's roots, is written for the variables of a terminal to name:
// in posthouse under the XDG data directory. No key is in them.
func CACertificatePath() string { return filepath.Join(xdg.DataHome, "posthouse", "posthouse-ca.pem") }

// CABundlePath is the bundle; CACertificatePath says more.
func CABundlePath() string { return filepath.Join(xdg.DataHome, "posthouse", "ca-bundle.pem") }
