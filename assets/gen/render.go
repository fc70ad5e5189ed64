package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
)

// icons lists the drawings with the sizes (pixels of one side) each is wanted in.
var icons = []struct {
	name  string
	sizes []int
}{
	{"app", []int{16, 32, 48, 64, 128, 256, 512}},
	{"session", []int{16, 32, 48, 64, 128, 256}},
	{"tray-stopped", traySizes},
	{"tray-running", traySizes},
	{"tray-running-not-recording", traySizes},
	{"tray-system", traySizes},
	{"tray-system-not-recording", traySizes},
	{"tray-failed", traySizes},
}

var traySizes = []int{16, 24, 32, 64}

func pngPath(name string, size int) string {
	return fmt.Sprintf("png/%s-%d.png", name, size)
}

// render draws a square SVG at size x size pixels on a transparent ground. What
// the drawing library does not understand is an error, never left out silently.
func render(svg []byte, size int) (*image.NRGBA, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(svg), oksvg.StrictErrorMode)
	if err != nil {
		return nil, err
	}
	if len(icon.SVGPaths) == 0 {
		return nil, errors.New("nothing to draw")
	}
	icon.SetTarget(0, 0, float64(size), float64(size))
	drawn := image.NewRGBA(image.Rect(0, 0, size, size))
	scanner := rasterx.NewScannerGV(size, size, drawn, drawn.Bounds())
	icon.Draw(rasterx.NewDasher(size, size, scanner), 1)

	// PNG keeps colours unmultiplied; going there here keeps the comparison in
	// the test free of rounding.
	out := image.NewNRGBA(drawn.Bounds())
	for y := range size {
		for x := range size {
			out.Set(x, y, drawn.At(x, y))
		}
	}
	return out, nil
}
