package launch

import (
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// computer is where programs are looked for.
type computer struct {
	root string // "/"
	home string
}

func thisComputer() computer { return computer{"/", xdg.Home} }

func (c computer) find(w *candidate) (Browser, bool) {
	for _, applications := range []string{filepath.Join(c.root, "Applications"), filepath.Join(c.home, "Applications")} {
		path := filepath.Join(applications, filepath.FromSlash(w.bundle))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return Browser{Name: w.name, Family: w.family, Path: path}, true
		}
	}
	return Browser{}, false
}
