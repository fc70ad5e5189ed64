//go:build unix && !darwin

package appicon

import (
	"image"
	"path/filepath"
	"strconv"
	"strings"

	"posthouse/app/clients/internal/host"
)

// themeDirs are where icons of programs lie in a data folder, the first place that has
// an icon counts; N is their size. hicolor is where each program puts its own
// (Icon Theme Specification), the others have those that programs share.
var themeDirs = []string{"icons/hicolor/NxN/apps", "icons/hicolor/scalable/apps", "icons/breeze/apps/N", "icons/Adwaita/NxN/legacy",
	"pixmaps"}

// themeSizes are the sizes that are looked for, in pixels.
var themeSizes = []int{16, 22, 24, 32, 48, 64, 128, 256}

// pictures are the files of an icon by its name or path.
func pictures(c *host.Computer, name string) (found []picture) {
	if filepath.IsAbs(name) {
		return []picture{filePicture(name, maxSize)}
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".png"), ".svg") // many have an ending that the specification does not allow
	if name == "" || strings.Contains(name, "/") || name[0] == '.' {
		return nil
	}
	for _, dir := range themeDirs {
		sizes := themeSizes
		if !strings.Contains(dir, "N") {
			sizes = []int{maxSize} // what is drawn in it may have any
		}
		for _, data := range dataDirs(c) {
			for _, size := range sizes {
				at := filepath.Join(data, strings.ReplaceAll(dir, "N", strconv.Itoa(size)), name)
				for _, path := range []string{at + ".png", at + ".svg"} {
					if host.IsFile(path) {
						found = append(found, filePicture(path, size))
					}
				}
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func filePicture(path string, size int) picture {
	return picture{size, func() image.Image { return drawFile(path) }}
}
