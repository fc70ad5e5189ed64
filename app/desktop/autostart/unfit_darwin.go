package autostart

import "strings"

// passing reports whether a program runs from a disk image, or from the read-only
// place where macOS starts what was downloaded and not moved yet (translocation).
func passing(program string) bool {
	return strings.HasPrefix(program, "/Volumes/") || strings.Contains(program, "/AppTranslocation/")
}
