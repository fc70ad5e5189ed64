package settings

import (
	"path/filepath"

	"github.com/adrg/xdg"
)

// DefaultPath is where the settings lie unless told otherwise: settings.toml
// in posthouse under the XDG config directory.
func DefaultPath() string { return filepath.Join(xdg.ConfigHome, "posthouse", "settings.toml") }

// CADir is where the certificate authority lies unless told otherwise: ca in
// posthouse under the XDG data directory.
func CADir() string { return filepath.Join(xdg.DataHome, "posthouse", "ca") }
