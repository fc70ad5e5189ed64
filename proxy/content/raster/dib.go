package raster

import (
	"image"
	"image/color"
)

const maxDIBSide = 256 // pixels: what Windows draws of one that is no PNG

// DIB decodes a picture of an icon as Windows has it: a bitmap without its file
// header, twice as high as the icon, whose lower half is a mask of one bit a pixel
// (BITMAPINFOHEADER, uncompressed). nil if it is something else.
func DIB(b []byte) image.Image {
	d, ok := readDIB(b)
	if !ok {
		return nil
	}
	return d.image()
}

// readDIB reads the header of one.
func readDIB(b []byte) (d dib, ok bool) {
	if len(b) < 40 {
		return d, false
	}
	header, width, height := int64(le.Uint32(b)), int(int32(le.Uint32(b[4:]))), int(int32(le.Uint32(b[8:])))/2
	bits, compression := int(le.Uint16(b[14:])), le.Uint32(b[16:])
	if header < 40 || header > 124 || width < 1 || width > maxDIBSide || height < 1 || height > maxDIBSide || compression != 0 {
		return d, false
	}
	colors := 0
	switch bits {
	case 1, 4, 8:
		colors = 1 << bits
		if used := le.Uint32(b[32:]); used > 0 && used < uint32(colors) {
			colors = int(used)
		}
	case 24, 32:
	default:
		return d, false
	}
	d = dib{width: width, height: height, bits: bits, stride: (width*bits + 31) / 32 * 4, maskStride: (width + 31) / 32 * 4}
	pixels := int(header) + 4*colors
	mask := pixels + d.stride*height
	if mask > len(b) {
		return d, false
	}
	d.palette, d.pixels = b[header:pixels], b[pixels:mask]
	if mask+d.maskStride*height <= len(b) {
		d.mask = b[mask:]
	}
	return d, true
}

type dib struct {
	width, height, bits int
	stride, maskStride  int // bytes of a line
	palette             []byte
	pixels              []byte // the lowest line first
	mask                []byte // the same; nil: there is none
}

func (d *dib) image() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, d.width, d.height))
	opaque := d.bits != 32 || !d.hasAlpha()
	for y := range d.height {
		line := d.pixels[(d.height-1-y)*d.stride:]
		for x := range d.width {
			c := d.color(line, x)
			if opaque {
				c.A = 255
				if d.mask != nil && d.mask[(d.height-1-y)*d.maskStride+x/8]>>(7-x%8)&1 == 1 {
					c = color.NRGBA{}
				}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// hasAlpha reports whether the fourth byte of a pixel means anything: in older icons it is 0.
func (d *dib) hasAlpha() bool {
	for i := 3; i < len(d.pixels); i += 4 {
		if d.pixels[i] != 0 {
			return true
		}
	}
	return false
}

func (d *dib) color(line []byte, x int) color.NRGBA {
	switch d.bits {
	case 24:
		return color.NRGBA{line[3*x+2], line[3*x+1], line[3*x], 255}
	case 32:
		return color.NRGBA{line[4*x+2], line[4*x+1], line[4*x], line[4*x+3]}
	}
	perByte := 8 / d.bits
	shift := 8 - d.bits*(x%perByte+1)
	i := 4 * (int(line[x/perByte]>>shift) & (1<<d.bits - 1))
	if i+4 > len(d.palette) {
		return color.NRGBA{A: 255}
	}
	return color.NRGBA{d.palette[i+2], d.palette[i+1], d.palette[i], 255}
}
