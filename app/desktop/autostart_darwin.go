package desktop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

func autostartPath() (string, error) {
	home, err := os.UserHomeDir()
	return filepath.Join(home, "Library", "LaunchAgents", appID+".plist"), err
}

func autostartEnabled() (bool, error) {
	path, err := autostartPath()
	if err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// writeAutostart takes effect at the next login, when launchd reads the folder.
func writeAutostart(program string, args []string) error {
	path, err := autostartPath()
	if err != nil {
		return err
	}
	return writeEntry(path, launchAgent(program, args))
}

func removeAutostart() error {
	path, err := autostartPath()
	if err != nil {
		return err
	}
	return removeEntry(path)
}
