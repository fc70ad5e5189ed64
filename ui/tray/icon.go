package tray

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"posthouse/app"
	"posthouse/assets"
)

func trayIcon(s app.State, recording, system bool) (string, []byte) {
	switch {
	case s == app.Failed:
		return "failed", assets.TrayFailed
	case s == app.Running && system && !recording:
		return "system-not-recording", assets.TraySystemNotRecording
	case s == app.Running && system:
		return "system", assets.TraySystem
	case s == app.Running && recording:
		return "running", assets.TrayRunning
	case s == app.Running:
		return "not-recording", assets.TrayRunningNotRecording
	}
	return "stopped", assets.TrayStopped
}

// colorChanging is that of the dot: a middle tone, which reads on light panels and on dark ones.
var colorChanging = color.NRGBA{R: 0xe0, G: 0x84, B: 0x10, A: 0xff}

// The dot in units of 64 to the icon's side, of which 4 are one pixel of the smallest icon. It is at
// the end of the roof, where it covers nothing that tells one icon from another.
const (
	dotX      = 52
	dotY      = 12
	dotRadius = 12
	dotGap    = 4 // that keeps it apart from what is below it
)

// withDot is the picture of an icon, in PNG, with the dot that says that traffic is changed or held.
func withDot(icon []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(icon))
	if err != nil {
		return nil, err
	}
	b := from.Bounds()
	to := image.NewNRGBA(b)
	draw.Draw(to, b, from, b.Min, draw.Src)
	for y := range b.Dy() {
		for x := range b.Dx() {
			inside := func(radius float64) float64 { return inDisc(x, y, b.Dx(), radius) }
			at := to.NRGBAAt(b.Min.X+x, b.Min.Y+y)
			at.A = uint8(float64(at.A) * (1 - inside(dotRadius+dotGap)))
			if dot := inside(dotRadius); dot > 0 {
				at = colorChanging
				at.A = uint8(255 * dot)
			}
			to.SetNRGBA(b.Min.X+x, b.Min.Y+y, at)
		}
	}
	var out bytes.Buffer
	err = png.Encode(&out, to)
	return out.Bytes(), err
}

// inDisc is how much of a pixel lies in a disc around the dot's middle, of 16 points in it.
func inDisc(x, y, side int, radius float64) float64 {
	unit, n := 64/float64(side), 0
	for i := range 16 {
		dx := (float64(x)+(float64(i%4)+0.5)/4)*unit - dotX
		dy := (float64(y)+(float64(i/4)+0.5)/4)*unit - dotY
		if dx*dx+dy*dy <= radius*radius {
			n++
		}
	}
	return float64(n) / 16
}
