package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"posthouse/assets"
)

// The files must be what the sources draw. A channel may differ by 2 of 255:
// processors that fuse multiply and add round differently.
func TestFilesAreUpToDate(t *testing.T) {
	wanted := map[string]bool{}
	for _, icon := range icons {
		svg, err := os.ReadFile(filepath.Join("..", "svg", icon.name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range icon.sizes {
			path := pngPath(icon.name, size)
			wanted[filepath.Base(path)] = true
			t.Run(path, func(t *testing.T) { compare(t, svg, filepath.Join("..", path), size) })
		}
	}
	files, err := os.ReadDir("../png")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !wanted[f.Name()] {
			t.Errorf("png/%s has no source: delete it", f.Name())
		}
	}
}

func compare(t *testing.T, svg []byte, path string, size int) {
	want, err := render(svg, size)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run: make icons)", err)
	}
	got, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != want.Bounds() {
		t.Fatalf("%s is %v, want %v", path, got.Bounds(), want.Bounds())
	}
	for y := range size {
		for x := range size {
			g := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA)
			w := want.NRGBAAt(x, y)
			if g.A|w.A == 0 {
				continue
			}
			if far(g.R, w.R) || far(g.G, w.G) || far(g.B, w.B) || far(g.A, w.A) {
				t.Fatalf("%s at %d,%d is %v, its source draws %v (run: make icons)", path, x, y, g, w)
			}
		}
	}
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 2 }

func TestRenderRefusesWhatItCannotDraw(t *testing.T) {
	for name, svg := range map[string]string{
		"not XML":         "a drawing",
		"unknown element": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><hologram/></svg>`,
	} {
		if _, err := render([]byte(svg), 16); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The signs in the list are told apart without their colours, at 16 pixels: at
// least 24 of the 256 pixels differ in coverage.
func TestLocksDifferByShape(t *testing.T) {
	shapes := map[string]*image.NRGBA{}
	for name, svg := range map[string][]byte{"closed": assets.LockClosed, "open": assets.LockOpen, "warning": assets.LockWarning,
		"refused": assets.LockRefused, "failed": assets.LockFailed} {
		img, err := render(svg, 16)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		shapes[name] = img
	}
	for a, first := range shapes {
		for b, second := range shapes {
			differ := 0
			for y := range 16 {
				for x := range 16 {
					if one, two := first.NRGBAAt(x, y).A, second.NRGBAAt(x, y).A; max(one, two)-min(one, two) > 127 {
						differ++
					}
				}
			}
			if a != b && differ < 24 {
				t.Errorf("%s and %s differ in %d pixels", a, b, differ)
			}
		}
	}
}
