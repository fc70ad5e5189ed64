//go:build unix && !darwin

package sysproxy

import (
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/app/desktop/sysproxy/gnome"
	"posthouse/app/desktop/sysproxy/kde"
)

// backends are those of this desktop. Several may apply: programs of one desktop
// run under another, and look at its settings.
func backends(run backend.Commander) []backend.Backend {
	var all []backend.Backend
	for _, b := range []backend.Backend{gnome.Find(run), kde.Find()} {
		if b != nil {
			all = append(all, b)
		}
	}
	return all
}

// backendNamed returns a backend that is known to be there, without a look.
func backendNamed(name string, run backend.Commander) backend.Backend {
	switch name {
	case "gnome":
		return gnome.New(run)
	case "kde":
		return kde.New()
	}
	return nil
}
