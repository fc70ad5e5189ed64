package launch

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// computer is where programs are looked for.
type computer struct{}

func thisComputer() computer { return computer{} }

const appPaths = `Software\Microsoft\Windows\CurrentVersion\App Paths\`

func (computer) find(w *candidate) (Browser, bool) {
	var paths []string
	if w.exe != "" {
		for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
			if path := registered(root, w.exe); path != "" {
				paths = append(paths, path)
			}
		}
	}
	for _, variable := range []string{"ProgramFiles", "ProgramFiles(x86)", "LocalAppData"} {
		if dir := os.Getenv(variable); dir != "" {
			for _, f := range w.folders {
				paths = append(paths, filepath.Join(dir, f))
			}
		}
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return Browser{Name: w.name, Family: w.family, Path: path}, true
		}
	}
	return Browser{}, false
}

// registered is what App Paths says of a program, "" if nothing.
func registered(root registry.Key, exe string) string {
	key, err := registry.OpenKey(root, appPaths+exe, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer func() { _ = key.Close() }() // read only
	path, _, err := key.GetStringValue("")
	if err != nil {
		return ""
	}
	return strings.Trim(path, `" `)
}
