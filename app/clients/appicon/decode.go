package appicon

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"

	"posthouse/proxy/content/raster"
)

// Bounds of pictures.
const (
	maxPictureFile = 4 << 20   // bytes
	maxPictureSide = 1024      // pixels: what macOS has at most
	maxDrawing     = 256 << 10 // bytes of an SVG
	maxElements    = 4000      // of an SVG
	maxNesting     = 64
	maxUses        = 100     // times that an SVG repeats one of its parts
	maxRepeated    = 1 << 20 // bytes of an SVG's definitions, times that: each is kept in memory
)

var errTooLarge = errors.New("too large")

// readFile reads a regular file of limit bytes at most.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, errors.New("not a regular file")
	}
	if info.Size() > limit {
		return nil, errTooLarge
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, errTooLarge
	}
	return b, err
}

var pngMagic = []byte("\x89PNG\r\n\x1a\n")

// drawFile draws a PNG or SVG file, whatever its name says; nil if it cannot be drawn.
func drawFile(path string, size int) image.Image {
	b, err := readFile(path, maxPictureFile)
	if err != nil {
		return nil
	}
	if bytes.HasPrefix(b, pngMagic) {
		return decodePNG(b)
	}
	return drawSVG(b, size)
}

func decodePNG(b []byte) image.Image {
	if side := pngSide(b); side == 0 {
		return nil
	}
	m, err := raster.Decode(context.Background(), b, maxPictureSide)
	if err != nil {
		return nil
	}
	return m.Image
}

// pngSide is the longer side of a PNG, 0 where it is no PNG or too large.
func pngSide(b []byte) int {
	if !bytes.HasPrefix(b, pngMagic) {
		return 0
	}
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width > maxPictureSide || c.Height > maxPictureSide {
		return 0
	}
	return max(c.Width, c.Height)
}

// drawSVG draws an SVG in a square; nil if it cannot be drawn.
func drawSVG(b []byte, size int) (m image.Image) {
	if !tame(b) {
		return nil
	}
	defer func() {
		if recover() != nil { // the library trusts what it reads
			m = nil
		}
	}()
	e := &effort{until: time.Now().Add(maxDrawTime)}
	icon, err := oksvg.ReadIconStream(effortReader{e, bytes.NewReader(b)}, oksvg.IgnoreErrorMode)
	if err != nil || icon.ViewBox.W <= 0 || icon.ViewBox.H <= 0 {
		return nil
	}
	scale := float64(size) / max(icon.ViewBox.W, icon.ViewBox.H)
	w, h := icon.ViewBox.W*scale, icon.ViewBox.H*scale
	icon.SetTarget((float64(size)-w)/2, (float64(size)-h)/2, w, h)
	out := image.NewRGBA(image.Rect(0, 0, size, size))
	scanner := effortScanner{rasterx.NewScannerGV(size, size, out, out.Bounds()), e}
	icon.Draw(rasterx.NewDasher(size, size, scanner), 1)
	return out
}

// dashes are strokes in pieces: as many as the file likes.
var dashes = regexp.MustCompile(`(?i)stroke-dasharray\s*[:=]\s*["']?\s*([^;"'\s]+)`)

// dashed reports whether a style has them.
func dashed(style []byte) bool {
	for _, found := range dashes.FindAllSubmatch(style, -1) {
		if string(found[1]) != "none" {
			return true
		}
	}
	return false
}

// dashedAttr is dashed for what an attribute says when its escapes are undone.
func dashedAttr(a xml.Attr) bool { return dashed([]byte(a.Name.Local + ":" + a.Value)) }

// tame reports whether an SVG can be drawn in bounded time and memory: the library
// follows parts that repeat each other, or themselves, without end, and goes as far
// as a number says.
func tame(b []byte) bool {
	if len(b) > maxDrawing || !bytes.Contains(b, []byte("<svg")) {
		return false
	}
	if dashed(b) {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	elements, uses, depth, defs := 0, 0, 0, 0 // defs: the depth where definitions began
	var began, defined int64                  // where they did; how many bytes all are
	var far reach
	for {
		t, err := d.RawToken()
		if err != nil {
			return err == io.EOF && far.bounded() && int64(uses)*defined <= maxRepeated
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			elements++
			switch t.Name.Local {
			case "defs":
				if defs == 0 {
					defs, began = depth, d.InputOffset()
				}
			case "use":
				uses++
				if defs > 0 {
					return false
				}
			}
			if elements > maxElements || depth > maxNesting || uses > maxUses || slices.ContainsFunc(t.Attr, dashedAttr) {
				return false
			}
			far.open(t, defs > 0)
		case xml.CharData:
			if dashed(t) { // a style sheet
				return false
			}
			far.text(t)
		case xml.EndElement:
			if depth == defs {
				defs, defined = 0, defined+d.InputOffset()-began
			}
			far.close()
			depth--
		}
	}
}

// sorted is the first few by a rank, those of equal rank as they came.
func sorted[T any](all []T, rank func(T) int, most int) []T {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(rank(a), rank(b)) })
	return all[:min(len(all), most)]
}
