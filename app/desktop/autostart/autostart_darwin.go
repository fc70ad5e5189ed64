package autostart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

func (e Entry) path() (string, error) {
	home, err := os.UserHomeDir()
	return filepath.Join(home, "Library", "LaunchAgents", e.ID+".plist"), err
}

func (e Entry) enabled() (bool, error) {
	path, err := e.path()
	if err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// write takes effect at the next login, when launchd reads the folder.
func (e Entry) write(program string) error {
	path, err := e.path()
	if err != nil {
		return err
	}
	return writeEntry(path, e.launchAgent(program))
}

func (e Entry) remove() error {
	path, err := e.path()
	if err != nil {
		return err
	}
	return removeEntry(path)
}
