package app

import (
	"path/filepath"

	"github.com/adrg/xdg"
)

// WindowStatePath is where the window is remembered: window.json in posthouse
// under the XDG state directory.
func WindowStatePath() string { return filepath.Join(xdg.StateHome, "posthouse", "window.json") }

// CACertificatePath and CABundlePath are where the CA's certificate, alone and
// with the system's roots, is written for the variables of a terminal to name:
// in posthouse under the XDG data directory. No key is in them.
func CACertificatePath() string { return filepath.Join(xdg.DataHome, "posthouse", "posthouse-ca.pem") }

// CABundlePath is the bundle; CACertificatePath says more.
func CABundlePath() string { return filepath.Join(xdg.DataHome, "posthouse", "ca-bundle.pem") }
