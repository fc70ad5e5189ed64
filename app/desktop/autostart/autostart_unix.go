//go:build unix && !darwin

package autostart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// path is asked for anew each time, so that the environment decides.
func (e Entry) path() string {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		dir = xdg.ConfigHome
	}
	return filepath.Join(dir, "autostart", e.ID+".desktop")
}

func (e Entry) enabled() (bool, error) {
	text, err := os.ReadFile(e.path())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && !desktopEntryOff(string(text)), err
}

func (e Entry) write(program string) error {
	return writeEntry(e.path(), e.desktopEntry(program))
}

func (e Entry) remove() error { return removeEntry(e.path()) }
