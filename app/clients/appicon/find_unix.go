//go:build unix && !darwin

package appicon

import (
	"strings"
	"time"

	"posthouse/app/clients/internal/host"
)

// entriesAge is how long the desktop entries are taken to be as they were read.
const entriesAge = 30 * time.Second

// System finds icons as this system has them. The finder belongs to one goroutine.
func System() Finder {
	c := host.This()
	var all []entry
	var read time.Time
	return func(p Program) *Icon {
		if time.Since(read) > entriesAge {
			all, read = readEntries(c), time.Now()
		}
		return find(c, all, p)
	}
}

func find(c *host.Computer, all []entry, p Program) *Icon {
	if name := iconName(c, all, p); name != "" {
		return newIcon(pictures(c, name))
	}
	return nil
}

func ofProcess(path string) bool { return strings.HasPrefix(path, inFlatpak) }
