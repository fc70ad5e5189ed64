package sysproxy

import "os"

func backends(run commander) []backend {
	if _, err := os.Stat(networkSetupTool); err != nil {
		return nil
	}
	return []backend{&networkSetup{run}}
}

func backendNamed(name string, run commander) backend {
	if name != "macos" {
		return nil
	}
	return &networkSetup{run}
}
