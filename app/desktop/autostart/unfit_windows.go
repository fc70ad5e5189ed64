package autostart

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// passing reports whether a program lies on a CD or DVD.
func passing(program string) bool {
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(program) + `\`)
	return err == nil && windows.GetDriveType(root) == windows.DRIVE_CDROM
}
