package host

import (
	"strings"

	"golang.org/x/sys/windows/registry"
)

const appPaths = `Software\Microsoft\Windows\CurrentVersion\App Paths\`

// registered are the paths that App Paths has for a program.
func registered(exe string) (all []string) {
	if exe == "" {
		return nil
	}
	for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
		key, err := registry.OpenKey(root, appPaths+exe, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		if path, _, err := key.GetStringValue(""); err == nil && path != "" {
			all = append(all, strings.Trim(path, `" `))
		}
		_ = key.Close() // read only
	}
	return all
}
