//go:build unix && !darwin

package sysproxy

// backends are those of this desktop. Several may apply: programs of one desktop
// run under another, and look at its settings.
func backends(run commander) []backend {
	var all []backend
	for _, b := range []backend{findGnome(run), findKDE()} {
		if b != nil {
			all = append(all, b)
		}
	}
	return all
}

// backendNamed returns a backend that is known to be there, without a look.
func backendNamed(name string, run commander) backend {
	switch name {
	case "gnome":
		return &gnome{run}
	case "kde":
		return newKDE()
	}
	return nil
}
