package setup

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"github.com/boombuler/barcode/qr"
)

// quietZone is the white around a QR code, in its modules (ISO/IEC 18004 section 5.3.8).
const quietZone = 4

// qrCode shows a text as a QR code, black on white whatever the theme: cameras
// look for that.
type qrCode struct {
	raster *canvas.Raster
	text   string
	code   image.Image // one pixel for each module; nil where the text has none
}

func newQRCode(side float32) *qrCode {
	q := &qrCode{}
	q.raster = canvas.NewRaster(func(w, h int) image.Image { return drawCode(q.code, w, h) })
	q.raster.SetMinSize(fyne.NewSize(side, side))
	return q
}

// set shows another text.
func (q *qrCode) set(text string) {
	if text == q.text {
		return
	}
	q.text, q.code = text, nil
	if code, err := qr.Encode(text, qr.M, qr.Auto); err == nil { // an address is never too long for it
		q.code = code
	}
	q.raster.Refresh()
}

// drawCode draws a code with its quiet zone into w by h pixels, each module as a
// whole number of them, so that its edges are sharp.
func drawCode(code image.Image, w, h int) image.Image {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White, color.Black})
	if code == nil {
		return img
	}
	modules := code.Bounds().Dx()
	scale := min(w, h) / (modules + 2*quietZone)
	if scale < 1 {
		return img // too small to be read
	}
	left, top := (w-scale*modules)/2, (h-scale*modules)/2
	for y := range scale * modules {
		for x := range scale * modules {
			if dark, _, _, _ := code.At(x/scale, y/scale).RGBA(); dark == 0 {
				img.SetColorIndex(left+x, top+y, 1)
			}
		}
	}
	return img
}
