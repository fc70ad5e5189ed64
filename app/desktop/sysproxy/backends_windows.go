package sysproxy

import (
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/app/desktop/sysproxy/windows"
)

func backends(backend.Commander) []backend.Backend { return []backend.Backend{windows.New()} }

func backendNamed(name string, _ backend.Commander) backend.Backend {
	if name != "windows" {
		return nil
	}
	return windows.New()
}
