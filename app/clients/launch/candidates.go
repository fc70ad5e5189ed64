package launch

import "posthouse/app/clients/internal/host"

// candidates are the browsers that are offered, in this order.
var candidates = []host.Browser{host.Chrome, host.Chromium, host.Edge, host.Brave, host.Firefox}

// Browsers are those that are found on this computer, the first to be offered
// first. It looks at files, and on Windows at the registry.
func Browsers() []Browser { return browsersOf(host.This()) }

func browsersOf(c *host.Computer) (found []Browser) {
	for i := range candidates {
		if at, ok := c.FindBrowser(&candidates[i]); ok {
			b := Browser{Name: candidates[i].Name, Path: at.Path, Snap: at.Snap, Flatpak: at.Flatpak}
			if candidates[i].Name == host.Firefox.Name {
				b.Family = Firefox
			}
			found = append(found, b)
		}
	}
	return found
}
