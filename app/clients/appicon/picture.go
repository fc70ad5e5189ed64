package appicon

import (
	"bytes"
	"context"
	"image"
	"image/png"

	"posthouse/proxy/bounded"
	"posthouse/proxy/content/raster"
)

// Bounds of pictures.
const (
	maxPictureFile = 4 << 20 // bytes
	maxPictureSide = 1024    // pixels: what macOS has at most
)

// picture is one form that an icon is there in.
type picture struct {
	size int                // pixels of the longer side
	draw func() image.Image // nil if it cannot be drawn
}

// drawFile draws a PNG or SVG file, whatever its name says; nil if it cannot be drawn.
func drawFile(path string) image.Image {
	b, err := bounded.ReadFile(path, maxPictureFile)
	switch {
	case err != nil:
		return nil
	case bytes.HasPrefix(b, pngMagic):
		return decodePNG(b)
	}
	return drawSVG(b, maxSize)
}

var pngMagic = []byte("\x89PNG\r\n\x1a\n")

func decodePNG(b []byte) image.Image {
	if pngSide(b) == 0 {
		return nil
	}
	m, err := raster.Decode(context.Background(), b, maxPictureSide)
	if err != nil {
		return nil
	}
	return m.Image
}

// pngSide is the longer side of a PNG in pixels, 0 where it is no PNG or too large.
func pngSide(b []byte) int {
	if !bytes.HasPrefix(b, pngMagic) {
		return 0
	}
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil || max(c.Width, c.Height) > maxPictureSide {
		return 0
	}
	return max(c.Width, c.Height)
}
