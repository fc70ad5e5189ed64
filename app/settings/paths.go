package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"github.com/adrg/xdg"
)

// DefaultPath is where the settings lie unless told otherwise: settings.toml
// in posthouse under the XDG config directory.
func DefaultPath() string { return filepath.Join(xdg.ConfigHome, "posthouse", "settings.toml") }

// CADir is where the certificate authority lies unless told otherwise: ca in
// posthouse under the XDG data directory.
func CADir() string { return filepath.Join(xdg.DataHome, "posthouse", "ca") }

// HistoryDir is where history lies unless told otherwise, by the settings file of whoever
// keeps it: history in posthouse under the XDG state directory, and for another file than
// DefaultPath one beside it. Two that run with their own settings have their own history.
func HistoryDir(file string) string {
	name := "history"
	if path, err := filepath.Abs(file); err == nil && path != DefaultPath() {
		sum := sha256.Sum256([]byte(path))
		name += "-" + hex.EncodeToString(sum[:6])
	}
	return filepath.Join(xdg.StateHome, "posthouse", name)
}
