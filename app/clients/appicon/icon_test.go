package appicon

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func encodePNG(m image.Image) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}

func middle(m image.Image) color.NRGBA {
	b := m.Bounds()
	return color.NRGBAModel.Convert(m.At(b.Dx()/2, b.Dy()/2)).(color.NRGBA)
}

func fixedPicture(size int, c color.Color) picture {
	return picture{size: size, draw: func() image.Image { return plain(size, c) }}
}

// Each size has the picture that was made for it, else a larger one, scaled down.
func TestTheFittingPictureIsTaken(t *testing.T) {
	green := color.NRGBA{G: 255, A: 255}
	nothing := picture{size: 32, draw: func() image.Image { return nil }}
	clear := picture{size: 16, draw: func() image.Image { return image.NewNRGBA(image.Rect(0, 0, 16, 16)) }}
	for _, c := range []struct {
		name     string
		pictures []picture
		want     string
	}{
		{"the very sizes", []picture{fixedPicture(48, green), fixedPicture(16, red), fixedPicture(32, blue)}, "red blue green"},
		{"one large", []picture{fixedPicture(256, red)}, "red red red"},
		{"one small", []picture{fixedPicture(16, red)}, "red red red"},
		{"the next larger", []picture{fixedPicture(24, red), fixedPicture(128, blue)}, "red blue blue"},
		{"a larger before a smaller", []picture{fixedPicture(16, red), fixedPicture(256, green)}, "red green green"},
		{"past what cannot be drawn", []picture{nothing, clear, fixedPicture(64, blue)}, "blue blue blue"},
	} {
		icon := newIcon(c.pictures)
		var got []string
		for _, size := range sizes {
			m := icon.At(size)
			if m.Rect.Dx() != size || m.Rect.Dy() != size {
				t.Errorf("%s: %v pixels for %d", c.name, m.Rect, size)
			}
			got = append(got, map[color.NRGBA]string{red: "red", blue: "blue", green: "green"}[middle(m)])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if newIcon([]picture{nothing, clear}) != nil || newIcon(nil) != nil {
		t.Error("an icon without anything to see")
	}
}

func TestOtherSizesAreMadeOnce(t *testing.T) {
	icon := FromImage(plain(64, red))
	for size, want := range map[int]int{20: 20, 24: 24, 1: 1, 0: 1, -5: 1, 48: 48, 1000: 48} {
		if got := icon.At(size).Rect.Dx(); got != want {
			t.Errorf("%d pixels for %d", got, size)
		}
	}
	for _, size := range []int{16, 20, 32} {
		if first := icon.At(size); icon.At(size) != first {
			t.Errorf("at %d pixels it is drawn again", size)
		}
	}
}

func TestProportionsAreKept(t *testing.T) {
	wide := image.NewNRGBA(image.Rect(10, 10, 74, 42))
	for i := range wide.Pix {
		wide.Pix[i] = 255
	}
	m := fit(wide, 16)
	if m.RGBAAt(8, 1).A != 0 || m.RGBAAt(8, 8).A != 255 || m.RGBAAt(8, 14).A != 0 || m.RGBAAt(0, 8).A != 255 {
		t.Error("it does not lie in the middle")
	}
}

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 16 16">%s` +
	`<rect width="16" height="16" fill="#ff0000" style="stroke-dasharray:none"/></svg>`

func TestDrawings(t *testing.T) {
	if m := drawSVG(fmt.Appendf(nil, drawing, ""), 32); m == nil || middle(m) != red || m.Bounds().Dx() != 32 {
		t.Fatal("it is not drawn")
	}
	for name, b := range map[string]string{
		"nothing":        "",
		"not an SVG":     "<html></html>",
		"cut":            `<svg viewBox="0 0 16 16"><rect`,
		"no size":        `<svg><rect width="5" height="5"/></svg>`,
		"endless":        fmt.Sprintf(drawing, `<defs><g id="a"><use xlink:href="#a"/></g></defs><use xlink:href="#a"/>`),
		"one repeat":     fmt.Sprintf(drawing, `<defs><path id="a"/></defs><use href="#a"/>`),
		"another prefix": fmt.Sprintf(drawing, `<s:use href="#a"/>`),
		"a broken line":  fmt.Sprintf(drawing, "<use\nhref='#a'/>"),
		"another charset": "<?xml version='1.0' encoding='utf-16le'?>" +
			strings.Join(strings.Split(fmt.Sprintf(drawing, "<use/>"), ""), "\x00") + "<svg",
		"large":           fmt.Sprintf(drawing, strings.Repeat(" ", maxDrawing)),
		"a broken number": `<svg viewBox="a b c d"><rect/></svg>`,
	} {
		if drawSVG([]byte(b), 16) != nil {
			t.Errorf("%s: it is drawn", name)
		}
	}
}

// Files are read in bounds, and only real ones.
func TestPictureFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if m := drawFile(write("named.svg", encodePNG(plain(16, red)))); m == nil || middle(m) != red {
		t.Error("a PNG is not known by its content")
	}
	if m := drawFile(write("a.png", fmt.Appendf(nil, drawing, ""))); m == nil || middle(m) != red {
		t.Error("an SVG is not known by its content")
	}
	for name, b := range map[string][]byte{
		"wide.png":  encodePNG(image.NewGray(image.Rect(0, 0, maxPictureSide+1, 1))),
		"cut.png":   encodePNG(plain(16, red))[:60],
		"large.png": append(encodePNG(plain(16, red)), make([]byte, maxPictureFile)...),
	} {
		if drawFile(write(name, b)) != nil {
			t.Errorf("%s is drawn", name)
		}
	}
	if drawFile(dir) != nil || drawFile(filepath.Join(dir, "none")) != nil {
		t.Error("what is no file is drawn")
	}
}

func FuzzDrawSVG(f *testing.F) {
	f.Add(fmt.Appendf(nil, drawing, `<defs><path id="a" d="M0 0L5 5Z"/></defs><use href="#a"/>`))
	f.Add(fmt.Appendf(nil, drawing,
		`<linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient><circle r="5" fill="url(#g)"/>`))
	f.Fuzz(func(_ *testing.T, b []byte) { drawSVG(b, 16) })
}
