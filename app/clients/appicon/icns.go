package appicon

import (
	"encoding/binary"
	"image"
)

// Bounds of an icon file of macOS.
const (
	maxICNS     = 16 << 20 // bytes
	maxElemICNS = 64       // parts
)

// picturesOfICNS are the PNG pictures in an icon file of macOS: "icns" and its
// length, then parts, each with a type, its length with these eight bytes, and
// data. Since Mac OS X 10.7 programs have their pictures as PNG; older forms are
// left out.
func picturesOfICNS(b []byte) []picture {
	if len(b) < 8 || string(b[:4]) != "icns" {
		return nil
	}
	var all []picture
	rest := b[8:]
	for n := 0; len(rest) >= 8 && n < maxElemICNS; n++ {
		length := binary.BigEndian.Uint32(rest[4:])
		if length < 8 || uint64(length) > uint64(len(rest)) {
			break
		}
		data := rest[8:length]
		if side := pngSide(data); side > 0 {
			all = append(all, picture{size: side, draw: func() image.Image { return decodePNG(data) }})
		}
		rest = rest[length:]
	}
	return all
}
