package backend

import (
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// ConfigHome is where a user's settings lie (XDG). It is asked for anew each time: tests move it.
func ConfigHome() string {
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	return xdg.ConfigHome
}
