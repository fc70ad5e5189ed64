package appicon

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"io"
	"regexp"
	"time"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

const (
	maxDrawing = 256 << 10 // bytes of an SVG; memory grows with the text alone, for nothing in it is repeated
	maxFar     = 256       // sides of the picture: how far outside lines are followed
)

// maxDrawTime bounds how long an SVG is read and drawn; an icon takes some
// milliseconds. It is a variable for the tests.
var maxDrawTime = 500 * time.Millisecond

// repeats finds an element that repeats another one, in any namespace.
var repeats = regexp.MustCompile(`<(?:[^\s>/]*:)?use\b`)

// safeSVG reports whether the library may read a drawing. An element that repeats
// others, or itself, would take memory and stack without end. A NUL byte is a
// charset in which that element does not look like one.
func safeSVG(b []byte) bool {
	return len(b) <= maxDrawing && bytes.Contains(b, []byte("<svg")) && !bytes.Contains(b, []byte{0}) && !repeats.Match(b)
}

// drawSVG draws an SVG in a square of size pixels; nil if it cannot be drawn.
func drawSVG(b []byte, size int) (m image.Image) {
	if !safeSVG(b) {
		return nil
	}
	defer func() {
		if recover() != nil { // the library trusts what it reads, and is stopped by a panic
			m = nil
		}
	}()
	limit := &limited{until: time.Now().Add(maxDrawTime), far: fixed.I(maxFar * size)}
	icon, err := oksvg.ReadIconStream(limitedReader{limit, bytes.NewReader(b)}, oksvg.IgnoreErrorMode)
	if err != nil || icon.ViewBox.W <= 0 || icon.ViewBox.H <= 0 {
		return nil
	}
	for i := range icon.SVGPaths {
		icon.SVGPaths[i].Dash = nil // a line may have any number of dashes, of length 0
	}
	scale := float64(size) / max(icon.ViewBox.W, icon.ViewBox.H)
	w, h := icon.ViewBox.W*scale, icon.ViewBox.H*scale
	icon.SetTarget((float64(size)-w)/2, (float64(size)-h)/2, w, h)
	out := image.NewRGBA(image.Rect(0, 0, size, size))
	limit.Scanner = rasterx.NewScannerGV(size, size, out, out.Bounds())
	icon.Draw(rasterx.NewDasher(size, size, limit), 1)
	return out
}

var errSlow = errors.New("drawing it takes too long")

// limited is a scanner that ends a drawing when its time is over, and follows no
// line further than far. The library takes no context, but it hands over each line
// and each colour.
type limited struct {
	rasterx.Scanner
	until time.Time
	steps int
	far   fixed.Int26_6
}

func (l *limited) late() bool { return time.Now().After(l.until) }

func (l *limited) step() {
	if l.steps++; l.steps%16 == 0 && l.late() {
		panic(errSlow)
	}
}

func (l *limited) near(p fixed.Point26_6) fixed.Point26_6 {
	return fixed.Point26_6{X: min(max(p.X, -l.far), l.far), Y: min(max(p.Y, -l.far), l.far)}
}

func (l *limited) Start(a fixed.Point26_6) { l.step(); l.Scanner.Start(l.near(a)) }
func (l *limited) Line(b fixed.Point26_6)  { l.step(); l.Scanner.Line(l.near(b)) }
func (l *limited) Draw()                   { l.step(); l.Scanner.Draw() }

func (l *limited) SetColor(c any) {
	if of, ok := c.(rasterx.ColorFunc); ok {
		c = rasterx.ColorFunc(func(x, y int) color.Color { l.step(); return of(x, y) })
	}
	l.Scanner.SetColor(c)
}

// limitedReader hands over little at a time, so that no more than that is done
// before the time is looked at.
type limitedReader struct {
	*limited
	from io.Reader
}

func (r limitedReader) Read(p []byte) (int, error) {
	if r.late() {
		return 0, errSlow
	}
	const most = 512 // bytes
	return r.from.Read(p[:min(len(p), most)])
}
