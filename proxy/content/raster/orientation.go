package raster

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation is how a picture lies, 1 to 8 (TIFF 6.0 section 8, as Exif takes it
// over); all else is upright.
type orientation uint16

const (
	tagOrientation = 0x0112
	// maxTags bounds the directory that is searched.
	maxTags = 1000
)

// orientationOf reads it out of the TIFF header and first directory of Exif.
func orientationOf(b []byte) orientation {
	if len(b) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(b[4:]))
	if string(b[:2]) != "II" && string(b[:2]) != "MM" || order.Uint16(b[2:]) != 42 || at+2 > uint64(len(b)) {
		return 0
	}
	count := min(int(order.Uint16(b[at:])), maxTags)
	for entry := b[at+2:]; count > 0 && len(entry) >= 12; count, entry = count-1, entry[12:] {
		const short = 3
		if order.Uint16(entry) == tagOrientation && order.Uint16(entry[2:]) == short {
			if o := orientation(order.Uint16(entry[8:])); o <= 8 {
				return o
			}
		}
	}
	return 0
}

// exifTIFF takes off what some writers put before the TIFF header.
func exifTIFF(b []byte) []byte { return bytes.TrimPrefix(b, []byte("Exif\x00\x00")) }

// swaps reports whether width and height change places.
func (o orientation) swaps() bool { return o >= 5 && o <= 8 }

// turned is a size of a picture that lies as o says, upright.
func (o orientation) turned(size image.Point) image.Point {
	if o.swaps() {
		return image.Pt(size.Y, size.X)
	}
	return size
}

// apply makes a picture upright.
func (o orientation) apply(m *image.NRGBA) *image.NRGBA {
	if o < 2 || o > 8 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rectangle{Max: o.turned(image.Pt(w, h))})
	for y := range h {
		for x := range w {
			to := o.place(x, y, w, h)
			copy(out.Pix[out.PixOffset(to.X, to.Y):][:4], m.Pix[m.PixOffset(x, y):][:4])
		}
	}
	return out
}

// place is where a pixel of a picture of w times h lies when it is upright.
func (o orientation) place(x, y, w, h int) image.Point {
	switch o {
	case 2:
		return image.Pt(w-1-x, y)
	case 3:
		return image.Pt(w-1-x, h-1-y)
	case 4:
		return image.Pt(x, h-1-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(h-1-y, x)
	case 7:
		return image.Pt(h-1-y, w-1-x)
	case 8:
		return image.Pt(y, w-1-x)
	}
	return image.Pt(x, y)
}
