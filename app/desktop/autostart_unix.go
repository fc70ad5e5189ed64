//go:build unix && !darwin

package desktop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// autostartPath is asked for anew each time, so that the environment decides.
func autostartPath() string {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		dir = xdg.ConfigHome
	}
	return filepath.Join(dir, "autostart", appID+".desktop")
}

func autostartEnabled() (bool, error) {
	text, err := os.ReadFile(autostartPath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && !desktopEntryOff(string(text)), err
}

func writeAutostart(program string, args []string) error {
	return writeEntry(autostartPath(), desktopEntry(program, args))
}

func removeAutostart() error { return removeEntry(autostartPath()) }
