//go:build unix && !darwin

package appicon

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of where desktop entries are looked for.
const (
	maxPlaces  = 32
	maxEntries = 4096
	maxVisited = 4 * maxEntries // files and folders among them
	maxDepth   = 3              // folders below applications
)

// computer is where programs, entries and icons are looked for.
type computer struct {
	root   string   // "/"
	home   string   // of the user
	config string   // XDG_CONFIG_HOME
	data   []string // XDG_DATA_HOME and XDG_DATA_DIRS, in their order
	path   []string // the folders of PATH
}

// places are the data folders, with those where snaps and flatpaks put theirs.
func (c *computer) places() []string {
	all := append(slices.Clone(c.data), filepath.Join(c.home, ".local/share/flatpak/exports/share"),
		filepath.Join(c.root, "var/lib/flatpak/exports/share"), filepath.Join(c.root, "var/lib/snapd/desktop"))
	var once []string
	for _, dir := range all {
		if dir = filepath.Clean(dir); filepath.IsAbs(dir) && !slices.Contains(once, dir) && len(once) < maxPlaces {
			once = append(once, dir)
		}
	}
	return once
}

// starter is a desktop entry and the file of a program that it stands for.
type starter struct {
	*entry
	options bool
	file    string // where its links lead to
	name    string // as the entry has it
}

// index is all desktop entries.
type index struct {
	starters []starter
	entries  []*entry
}

// readIndex reads the desktop entries. Of several with the same ID the first counts.
func (c *computer) readIndex() *index {
	x, seen, visited := &index{}, map[string]bool{}, 0
	for _, place := range c.places() {
		top := filepath.Join(place, "applications")
		_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return fs.SkipDir
			}
			if visited++; visited > maxVisited || len(seen) >= maxEntries {
				return fs.SkipAll
			}
			below, _ := filepath.Rel(top, path)
			if d.IsDir() {
				if strings.Count(below, "/") >= maxDepth {
					return fs.SkipDir
				}
				return nil
			}
			id := strings.ReplaceAll(below, "/", "-")
			if filepath.Ext(id) == ".desktop" && !seen[id] {
				seen[id] = true
				c.add(x, path)
			}
			return nil
		})
	}
	return x
}

func (c *computer) add(x *index, path string) {
	b, err := readFile(path, maxEntryFile)
	if err != nil {
		return
	}
	e, ok := parseEntry(b)
	if !ok {
		return
	}
	x.entries = append(x.entries, &e)
	if e.snap != "" || e.flatpak != "" {
		return // what it starts is the snap or flatpak command, whatever its links say
	}
	for _, one := range e.commands() {
		if file := c.resolve(one.program); file != "" {
			x.starters = append(x.starters, starter{&e, one.options, file, lastOf(one.program)})
		}
	}
}

// resolve finds the file of a command, its links followed; "" where there is none.
func (c *computer) resolve(program string) string {
	if strings.Contains(program, "/") {
		if !filepath.IsAbs(program) {
			return ""
		}
		return realFile(program)
	}
	for _, dir := range c.path {
		if file := realFile(filepath.Join(dir, program)); file != "" {
			return file
		}
	}
	return ""
}

// realFile follows links to a program's file; "" if there is none.
func realFile(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	if info, err := os.Stat(real); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return ""
	}
	return real
}
