package sysproxy

import (
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/app/desktop/sysproxy/macos"
)

func backends(run backend.Commander) []backend.Backend {
	if b := macos.Find(run); b != nil {
		return []backend.Backend{b}
	}
	return nil
}

func backendNamed(name string, run backend.Commander) backend.Backend {
	if name != "macos" {
		return nil
	}
	return macos.New(run)
}
