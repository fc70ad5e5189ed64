//go:build unix && !darwin

package appicon

import (
	"os"
	"path/filepath"
	"strings"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/bounded"
)

// Bounds of desktop entries.
const (
	maxEntryFile = 64 << 10 // bytes
	maxEntries   = 4096
	maxPlaces    = 32
)

// entry is what is used of a desktop entry (Desktop Entry Specification).
type entry struct {
	icon    string
	program string // as its command names it; "" where a word beside it tells it what to do, as for an interpreter
	options bool   // the command has options
	snap    string // the snap or the flatpak that it came with
	flatpak string
	file    string // of the program, links followed
}

// parseEntry reads a desktop entry; false if it starts no program or has no icon.
func parseEntry(b []byte) (entry, bool) {
	values := iniGroup(b, "Desktop Entry")
	if values["Type"] != "Application" || values["Hidden"] == "true" || values["Icon"] == "" {
		return entry{}, false
	}
	// Copies: a part of the file would keep all of it.
	e := entry{icon: strings.Clone(values["Icon"]), snap: strings.Clone(values["X-SnapInstanceName"]),
		flatpak: strings.Clone(values["X-Flatpak"])}
	program, options := parseExec(values["Exec"])
	e.program, e.options = strings.Clone(program), options
	return e, true
}

// parseExec is the program of a command and whether it has options; "" where another
// word follows it that is no code for what is to be opened, such as %U.
func parseExec(exec string) (program string, options bool) {
	program, rest, _ := strings.Cut(exec, " ")
	if quoted, ok := strings.CutPrefix(exec, `"`); ok {
		if program, rest, ok = strings.Cut(quoted, `"`); !ok {
			return "", false
		}
	}
	for word := range strings.FieldsSeq(rest) {
		switch {
		case len(word) == 2 && word[0] == '%':
		case word[0] == '-':
			options = true
		default:
			return "", false
		}
	}
	if strings.ContainsAny(program, "\\\"'`") {
		return "", false
	}
	return strings.ReplaceAll(program, "%%", "%"), options
}

// iniGroup is a group of a file in the form of desktop entries. The first of several
// keys with one name counts.
func iniGroup(b []byte, name string) map[string]string {
	values, in := map[string]string{}, false
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = line == "["+name+"]"
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		if _, have := values[key]; in && ok && !have && line[0] != '#' {
			values[key] = strings.TrimSpace(value)
		}
	}
	return values
}

// dataDirs are the data folders of the user and of the system, and those where
// flatpaks and snaps put their entries.
func dataDirs(c *host.Computer) (all []string) {
	mine, others := c.Get("XDG_DATA_HOME"), c.Get("XDG_DATA_DIRS")
	if mine == "" {
		mine = filepath.Join(c.Home, ".local/share")
	}
	if others == "" {
		others = c.At("/usr/local/share") + ":" + c.At("/usr/share")
	}
	dirs := append([]string{mine}, filepath.SplitList(others)...)
	dirs = append(dirs, filepath.Join(c.Home, ".local/share/flatpak/exports/share"), c.At("/var/lib/flatpak/exports/share"),
		c.At("/var/lib/snapd/desktop"))
	for _, dir := range dirs {
		if filepath.IsAbs(dir) && len(all) < maxPlaces {
			all = append(all, dir)
		}
	}
	return all
}

// readEntries reads the desktop entries. Of several with the same ID the first counts.
func readEntries(c *host.Computer) (all []entry) {
	seen := map[string]bool{}
	for _, dir := range dataDirs(c) {
		files, _ := os.ReadDir(filepath.Join(dir, "applications")) // a folder that is not there has none
		for _, f := range files {
			if filepath.Ext(f.Name()) != ".desktop" || seen[f.Name()] || len(seen) >= maxEntries {
				continue
			}
			seen[f.Name()] = true
			b, err := bounded.ReadFile(filepath.Join(dir, "applications", f.Name()), maxEntryFile)
			if e, ok := parseEntry(b); err == nil && ok {
				if e.snap == "" && e.flatpak == "" { // else it starts the snap or flatpak command
					e.file = realFile(c.Find(e.program))
				}
				all = append(all, e)
			}
		}
	}
	return all
}

// realFile follows links to a program's file; "" if there is none.
func realFile(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || path == "" || !filepath.IsAbs(real) || !host.IsProgram(real) {
		return ""
	}
	return real
}
