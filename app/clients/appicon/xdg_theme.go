//go:build unix && !darwin

package appicon

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Bounds of icon themes.
const (
	maxThemes      = 6         // with those that they inherit from
	maxThemeIndex  = 512 << 10 // bytes
	maxThemeDirs   = 1024      // folders of a theme
	maxLooks       = 20_000    // files that are asked for, for one icon
	maxConfigFile  = 256 << 10 // bytes
	maxThemeChoice = 64        // pictures of one icon
)

// pictures are the files of an icon: of the first theme that has it, or of no theme
// (Icon Theme Specification, Icon Lookup).
func (c *computer) pictures(name string) []picture {
	if filepath.IsAbs(name) {
		return []picture{filePicture(name, 0)}
	}
	if name == "" || strings.Contains(name, "/") || name[0] == '.' {
		return nil
	}
	for _, ending := range []string{".png", ".svg"} { // which the specification does not allow, and many have
		name = strings.TrimSuffix(name, ending)
	}
	l := &look{bases: c.iconBases(), left: maxLooks}
	for _, theme := range l.chain(c.themes()) {
		if found := l.in(&theme, name); len(found) > 0 {
			return found
		}
	}
	return l.loose(c, name)
}

// filePicture is a file; size is what its theme says, 0 if nothing does.
func filePicture(path string, size int) picture {
	p := picture{size: size, draw: func(size int) image.Image { return drawFile(path, size) }}
	switch p.any = filepath.Ext(path) == ".svg"; {
	case p.any:
	case size == 0:
		p.size = 48
	}
	return p
}

// iconBases are the folders that themes lie in.
func (c *computer) iconBases() []string {
	bases := []string{filepath.Join(c.home, ".icons")}
	for _, place := range c.places() {
		bases = append(bases, filepath.Join(place, "icons"))
	}
	return slices.DeleteFunc(bases, func(dir string) bool { return !isDir(dir) })
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// themes are the names of those to look in: what the user chose in KDE or GTK, if
// anything, and the one that all fall back to.
func (c *computer) themes() []string {
	var names []string
	for _, one := range []struct{ file, group, key string }{
		{"kdeglobals", "Icons", "Theme"}, {"gtk-4.0/settings.ini", "Settings", "gtk-icon-theme-name"}, {"gtk-3.0/settings.ini", "Settings", "gtk-icon-theme-name"},
	} {
		if b, err := readFile(filepath.Join(c.config, one.file), maxConfigFile); err == nil {
			if name := strings.Trim(iniGroup(b, one.group)[one.key], `"`); isThemeName(name) {
				names = append(names, name)
				break
			}
		}
	}
	return append(names, "Adwaita", "hicolor")
}

func isThemeName(name string) bool {
	return name != "" && !strings.Contains(name, "/") && name[0] != '.'
}

// theme is an icon theme.
type theme struct {
	name string
	dirs []themeDir
}

type themeDir struct {
	path string
	size int // pixels
}

// look is one search for an icon.
type look struct {
	bases []string
	left  int // files that may still be asked for
}

// chain is themes and what they inherit from, hicolor last.
func (l *look) chain(names []string) []theme {
	var all []theme
	seen := map[string]bool{"hicolor": true}
	for len(names) > 0 && len(all) < maxThemes-1 {
		name := names[0]
		names = names[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		if t, parents, ok := l.theme(name); ok {
			all = append(all, t)
			names = append(parents, names...)
		}
	}
	if t, _, ok := l.theme("hicolor"); ok {
		all = append(all, t)
	}
	return all
}

// theme reads a theme's index.
func (l *look) theme(name string) (t theme, parents []string, ok bool) {
	for _, base := range l.bases {
		b, err := readFile(filepath.Join(base, name, "index.theme"), maxThemeIndex)
		if err != nil {
			continue
		}
		groups := iniGroups(b)
		head := groups["[Icon Theme]"]
		t.name = name
		for dir := range strings.SplitSeq(head["Directories"]+","+head["ScaledDirectories"], ",") {
			if dir = strings.TrimSpace(dir); dir == "" || !filepath.IsLocal(dir) || len(t.dirs) == maxThemeDirs {
				continue
			}
			size, _ := strconv.Atoi(groups["["+dir+"]"]["Size"])
			scale, _ := strconv.Atoi(groups["["+dir+"]"]["Scale"])
			t.dirs = append(t.dirs, themeDir{dir, min(max(size, 1), 4096) * min(max(scale, 1), 8)})
		}
		for parent := range strings.SplitSeq(head["Inherits"], ",") {
			if parent = strings.TrimSpace(parent); isThemeName(parent) && len(parents) < maxThemes {
				parents = append(parents, parent)
			}
		}
		return t, parents, true
	}
	return theme{}, nil, false
}

// in is the files of an icon in a theme.
func (l *look) in(t *theme, name string) []picture {
	var found []picture
	for _, base := range l.bases {
		top := filepath.Join(base, t.name)
		if !isDir(top) {
			continue
		}
		for _, dir := range t.dirs {
			found = l.add(found, filepath.Join(top, dir.path, name), dir.size)
		}
	}
	return found
}

// add adds the files of a name, without its ending.
func (l *look) add(found []picture, path string, size int) []picture {
	for _, ending := range []string{".png", ".svg"} {
		if l.left--; l.left < 0 || len(found) == maxThemeChoice {
			break
		}
		if info, err := os.Stat(path + ending); err == nil && info.Mode().IsRegular() {
			found = append(found, filePicture(path+ending, size))
		}
	}
	return found
}

// loose is the files of an icon that lie in no theme.
func (l *look) loose(c *computer, name string) []picture {
	dirs := l.bases
	for _, place := range c.places() {
		dirs = append(dirs, filepath.Join(place, "pixmaps"))
	}
	for _, dir := range dirs {
		if found := l.add(nil, filepath.Join(dir, name), 0); len(found) > 0 {
			return found
		}
	}
	return nil
}
