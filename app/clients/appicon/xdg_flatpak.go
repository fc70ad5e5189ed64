//go:build unix && !darwin

package appicon

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// inFlatpak is where a flatpak's own files lie, as its processes see them.
const inFlatpak = "/app/"

const maxFlatpakInfo = 64 << 10 // bytes

// flatpakOf is the ID of the flatpak that a process runs in, "" where that is not
// known. All have their files at the same paths, so only the process knows.
func (c *computer) flatpakOf(p Program) string {
	dir := filepath.Join(c.root, "proc", strconv.Itoa(int(p.PID)))
	if p.PID <= 0 || !runs(dir, p.Path) {
		return ""
	}
	b, err := readFile(filepath.Join(dir, "root/.flatpak-info"), maxFlatpakInfo)
	if err != nil || !runs(dir, p.Path) { // the process may have ended, and its number be another's
		return ""
	}
	return iniGroup(b, "Application")["name"]
}

func runs(dir, path string) bool {
	exe, err := os.Readlink(filepath.Join(dir, "exe"))
	return err == nil && strings.TrimSuffix(exe, " (deleted)") == path
}
