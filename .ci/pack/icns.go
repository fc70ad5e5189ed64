package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

// icnsTypes are what macOS calls PNG pictures of a size in an icon.
var icnsTypes = []struct {
	size int // pixels of one side
	name string
}{{16, "icp4"}, {32, "icp5"}, {64, "icp6"}, {128, "ic07"}, {256, "ic08"}}

// writeIcns joins PNG pictures NAME-SIZE.png to an icon: 8 bytes, and 8 before each picture, with
// lengths that count these.
func writeIcns(out, dir, name string) error {
	icon := append([]byte("icns"), 0, 0, 0, 0)
	for _, t := range icnsTypes {
		picture, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, t.size)))
		if err != nil {
			return err
		}
		icon = append(icon, t.name...)
		icon = binary.BigEndian.AppendUint32(icon, uint32(8+len(picture)))
		icon = append(icon, picture...)
	}
	binary.BigEndian.PutUint32(icon[4:], uint32(len(icon)))
	return os.WriteFile(out, icon, 0o644)
}
