//go:build unix && !darwin

package appicon

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
)

// indexAge is how long the desktop entries are taken to be as they were read.
const indexAge = 30 * time.Second

// System finds icons as this system has them. The finder belongs to one goroutine.
func System() Finder {
	c := computer{root: "/", home: xdg.Home, config: xdg.ConfigHome, data: append([]string{xdg.DataHome}, xdg.DataDirs...),
		path: filepath.SplitList(os.Getenv("PATH"))}
	var x *index
	var read time.Time
	return func(p Program) *Icon {
		if x == nil || time.Since(read) > indexAge {
			x, read = c.readIndex(), time.Now()
		}
		return c.find(x, p)
	}
}

func (c *computer) find(x *index, p Program) *Icon {
	if name := c.iconName(x, p); name != "" {
		return newIcon(c.pictures(name))
	}
	return nil
}

func ofProcess(path string) bool { return strings.HasPrefix(path, inFlatpak) }
