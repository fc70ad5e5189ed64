package main

import (
	"bytes"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
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
