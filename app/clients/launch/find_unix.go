//go:build unix && !darwin

package launch

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
)

// computer is where programs are looked for.
type computer struct {
	root string // "/"
	home string
}

func thisComputer() computer { return computer{"/", xdg.Home} }

// find looks for a browser as the system installs it, then as a snap, then as a flatpak.
func (c computer) find(w *candidate) (Browser, bool) {
	b := Browser{Name: w.name, Family: w.family}
	for _, name := range w.commands {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		b.Path = path
		if isSnap(path) {
			if w.snap == "" {
				continue
			}
			b.Snap = w.snap
		}
		return b, true
	}
	if path := filepath.Join(c.root, "snap", "bin", w.snap); w.snap != "" && isProgram(path) {
		b.Path, b.Snap = path, w.snap
		return b, true
	}
	if _, err := exec.LookPath("flatpak"); err != nil {
		return b, false
	}
	for _, exports := range []string{filepath.Join(c.root, "var/lib/flatpak"), filepath.Join(c.home, ".local/share/flatpak")} {
		if path := filepath.Join(exports, "exports", "bin", w.flatpak); isProgram(path) {
			b.Path, b.Flatpak = path, w.flatpak
			return b, true
		}
	}
	return b, false
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// isSnap reports whether a program is a snap's: Ubuntu has scripts of the
// browsers' names that run them.
func isSnap(path string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if strings.Contains(path, "/snap/") || filepath.Base(path) == "snap" {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // read only
	const script = 8 << 10           // bytes; those scripts have a few hundred
	head, err := io.ReadAll(io.LimitReader(f, script))
	return err == nil && bytes.HasPrefix(head, []byte("#!")) && bytes.Contains(head, []byte("/snap/bin/"))
}
