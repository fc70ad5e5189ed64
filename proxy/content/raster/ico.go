package raster

import (
	"encoding/binary"
	"image"
	"io"
)

// maxIcons bounds the pictures of an icon file that are looked at.
const maxIcons = 64

var le = binary.LittleEndian

// isICO knows icons and cursors of Windows: a directory of pictures that lie in
// the file.
func isICO(b []byte) bool {
	if len(b) < 6+16 || le.Uint16(b) != 0 || le.Uint16(b[2:]) != 1 && le.Uint16(b[2:]) != 2 {
		return false
	}
	count := int(le.Uint16(b[4:]))
	return count > 0 && count <= 256 && b[9] == 0 && uint64(le.Uint32(b[18:])) >= 6+16*uint64(count)
}

// openICO opens the largest picture of an icon: of those, the one with the most
// colours. Each is a PNG, or a bitmap with a mask.
func openICO(b []byte) (f frame, err error) {
	err = ErrDamaged
	depth := -1
	for i := range min(int(le.Uint16(b[4:])), maxIcons) {
		if len(b) < 6+16*(i+1) {
			break
		}
		entry := b[6+16*i:]
		size, from := uint64(le.Uint32(entry[8:])), uint64(le.Uint32(entry[12:]))
		if from > uint64(len(b)) || size > uint64(len(b))-from {
			continue
		}
		one, ok := openIcon(b[from : from+size])
		bits := int(le.Uint16(entry[6:]))
		if ok && (pixels(one.size) > pixels(f.size) || one.size == f.size && bits > depth) {
			f, depth, err = one, bits, nil
		}
	}
	return f, err
}

func openIcon(data []byte) (f frame, ok bool) {
	if len(data) > len(pngMagic) && string(data[:len(pngMagic)]) == pngMagic {
		f, err := openPNG(data)
		return f, err == nil
	}
	d, ok := readDIB(data)
	if !ok {
		return f, false
	}
	f = frame{size: image.Pt(d.width, d.height), data: data, memory: 4 * int64(d.width*d.height)}
	f.decode = func(io.Reader) (image.Image, error) { return d.image(), nil }
	return f, true
}
