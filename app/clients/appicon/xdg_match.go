//go:build unix && !darwin

package appicon

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/bounded"
)

// inFlatpak is where a flatpak's own files lie, as its processes see them.
const inFlatpak = "/app/"

// maxFlatpakInfo bounds what is read of a process's sandbox, in bytes.
const maxFlatpakInfo = 64 << 10

// iconName is the icon that a program's desktop entry names, "" where none is known
// or two entries disagree: of the snap or flatpak that it belongs to, of the entry
// that starts this very file, or of one that starts a file beside it in the package's own
// folder, as Chrome's starts /opt/google/chrome/google-chrome.
func iconName(c *host.Computer, all []entry, p Program) string {
	if snap := snapOf(c, p.Path); snap != "" {
		icon, _ := agreed(all, func(e *entry) bool { return e.snap == snap })
		return icon
	}
	if ofProcess(p.Path) {
		id := flatpakOf(c, p)
		icon, _ := agreed(all, func(e *entry) bool { return id != "" && e.flatpak == id })
		return icon
	}
	path := p.Path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	is := func(e *entry) bool { return e.file == path }
	beside := func(e *entry) bool { return packageFolder(c, path) && filepath.Dir(e.file) == filepath.Dir(path) }
	for _, fits := range []func(*entry) bool{
		func(e *entry) bool { return is(e) && !e.options }, is, // the program as it is comes before the apps of a browser
		func(e *entry) bool { return beside(e) && !e.options }, beside,
	} {
		if icon, found := agreed(all, fits); found {
			return icon
		}
	}
	return ""
}

// agreed is the icon that all entries have that fit, "" where they disagree.
func agreed(all []entry, fits func(*entry) bool) (icon string, found bool) {
	for i := range all {
		switch e := &all[i]; {
		case !fits(e):
		case found && e.icon != icon:
			return "", true
		default:
			icon, found = e.icon, true
		}
	}
	return icon, found
}

// packageFolder reports whether a program lies in a folder that its package has for
// itself (Filesystem Hierarchy Standard 3.13 and 4.6).
func packageFolder(c *host.Computer, path string) bool {
	for _, top := range []string{"/opt", "/usr/lib", "/usr/lib64", "/usr/share"} {
		if below, err := filepath.Rel(c.At(top), filepath.Dir(path)); err == nil && below != "." && filepath.IsLocal(below) {
			return true
		}
	}
	return false
}

// snapOf is the name of the snap that a file is part of, "" for none.
func snapOf(c *host.Computer, path string) string {
	for _, mount := range []string{"/snap", "/var/lib/snapd/snap"} {
		if rest, ok := strings.CutPrefix(path, c.At(mount)+"/"); ok {
			if name, _, ok := strings.Cut(rest, "/"); ok && name != "bin" {
				return name
			}
		}
	}
	return ""
}

// flatpakOf is the ID of the flatpak that a process runs in, "" where that is not
// known. All have their files at the same paths, so only the process knows.
func flatpakOf(c *host.Computer, p Program) string {
	dir := filepath.Join(c.At("/proc"), strconv.Itoa(int(p.PID)))
	if p.PID <= 0 || !runs(dir, p.Path) {
		return ""
	}
	b, err := bounded.ReadFile(filepath.Join(dir, "root/.flatpak-info"), maxFlatpakInfo)
	if err != nil || !runs(dir, p.Path) { // the process may have ended, and its number be another's
		return ""
	}
	return iniGroup(b, "Application")["name"]
}

func runs(dir, path string) bool {
	exe, err := os.Readlink(filepath.Join(dir, "exe"))
	return err == nil && strings.TrimSuffix(exe, " (deleted)") == path
}
