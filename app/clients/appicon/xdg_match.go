//go:build unix && !darwin

package appicon

import (
	"path/filepath"
	"slices"
	"strings"
)

// iconName is the Icon key of the desktop entry that a program belongs to, "" where
// none is, or where entries disagree.
func (c *computer) iconName(x *index, p Program) string {
	if snap := c.snapOf(p.Path); snap != "" {
		return agreed(x.entries, func(e *entry) bool { return e.snap == snap })
	}
	if ofProcess(p.Path) {
		id := c.flatpakOf(p)
		return agreed(x.entries, func(e *entry) bool { return id != "" && e.flatpak == id })
	}
	path := p.Path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if icon, found := bestOf(x.starters, func(s *starter) bool { return s.file == path }); found {
		return icon
	}
	if !c.private(filepath.Dir(path)) {
		return "" // a folder of everybody's programs
	}
	icon, _ := bestOf(x.starters, func(s *starter) bool { return mayWrap(s, path) && wraps(s.file, path) })
	return icon
}

// bestOf is the icon of the starters that fit: of those that start a program as it
// is, or else of those that give it options.
func bestOf(all []starter, fits func(*starter) bool) (icon string, found bool) {
	for _, options := range []bool{false, true} {
		var icons []string
		for i := range all {
			if s := &all[i]; s.options == options && fits(s) && !slices.Contains(icons, s.icon) {
				icons = append(icons, s.icon)
			}
		}
		switch len(icons) {
		case 0:
			continue
		case 1:
			return icons[0], true
		}
		return "", true
	}
	return "", false
}

// agreed is the icon that all entries have that fit.
func agreed(all []*entry, fits func(*entry) bool) string {
	icon := ""
	for _, e := range all {
		if !fits(e) {
			continue
		}
		if icon != "" && icon != e.icon {
			return ""
		}
		icon = e.icon
	}
	return icon
}

// snapOf is the name of the snap that a file is part of, "" for none.
func (c *computer) snapOf(path string) string {
	for _, mount := range []string{"snap/", "var/lib/snapd/snap/"} {
		if rest, ok := strings.CutPrefix(path, filepath.Join(c.root, mount)+"/"); ok {
			if name, _, ok := strings.Cut(rest, "/"); ok && name != "bin" {
				return name
			}
		}
	}
	return ""
}

// private reports whether a folder may hold the programs of one package alone.
func (c *computer) private(dir string) bool {
	common := []string{"/", "/bin", "/sbin", "/lib", "/opt", "/tmp", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/games",
		"/usr/local", "/usr/local/bin", "/usr/local/sbin", "/usr/local/games", "/usr/share", "/var/tmp"}
	for _, one := range common {
		if dir == filepath.Join(c.root, one) {
			return false
		}
	}
	for _, one := range append([]string{c.home, filepath.Join(c.home, "bin"), filepath.Join(c.home, ".local/bin")}, c.path...) {
		if real, err := filepath.EvalSymlinks(one); dir == one || err == nil && dir == real {
			return false
		}
	}
	return true
}
