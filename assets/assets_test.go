package assets

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"
)

var trayIcons = map[string][]byte{
	"stopped": TrayStopped, "running": TrayRunning,
	"running, not recording": TrayRunningNotRecording, "failed": TrayFailed, "system": TraySystem,
	"system, not recording": TraySystemNotRecording,
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSizes(t *testing.T) {
	if b := decode(t, AppIcon).Bounds(); b.Dx() != 512 || b.Dy() != 512 {
		t.Errorf("the app icon is %v", b)
	}
	for name, data := range trayIcons {
		if b := decode(t, data).Bounds(); b.Dx() != 64 || b.Dy() != 64 {
			t.Errorf("the tray icon %q is %v", name, b)
		}
	}
}

// A person who sees no colours must still tell the states apart, at 16 pixels:
// at least 12 of the 256 pixels differ in coverage.
func TestTrayStatesDifferByShape(t *testing.T) {
	shapes := map[string]image.Image{}
	for _, name := range []string{"tray-stopped", "tray-running", "tray-running-not-recording", "tray-failed", "tray-system",
		"tray-system-not-recording"} {
		data, err := Icons.ReadFile("png/" + name + "-16.png")
		if err != nil {
			t.Fatal(err)
		}
		shapes[name] = decode(t, data)
	}
	for a, first := range shapes {
		for b, second := range shapes {
			if a >= b {
				continue
			}
			differ := 0
			for y := range 16 {
				for x := range 16 {
					if math.Abs(coverage(first, x, y)-coverage(second, x, y)) > 0.5 {
						differ++
					}
				}
			}
			if differ < 12 {
				t.Errorf("%s and %s differ in %d of 256 pixels only", a, b, differ)
			}
		}
	}
}

func coverage(img image.Image, x, y int) float64 {
	_, _, _, alpha := img.At(x, y).RGBA()
	return float64(alpha) / 0xffff
}

// WCAG 2.1, 1.4.11: a graphic needs a contrast of 3 to 1 against its ground.
func TestTrayIconsReadOnLightAndDarkPanels(t *testing.T) {
	panels := map[string]color.Color{
		"light": color.NRGBA{0xf4, 0xf4, 0xf4, 0xff},
		"dark":  color.NRGBA{0x26, 0x28, 0x2c, 0xff},
	}
	for name, data := range trayIcons {
		ink := mainColour(decode(t, data))
		for panel, ground := range panels {
			light, dark := luminance(ink), luminance(ground)
			if light < dark {
				light, dark = dark, light
			}
			if contrast := (light + 0.05) / (dark + 0.05); contrast < 3 {
				t.Errorf("%s on a %s panel: contrast %.2f, want 3", name, panel, contrast)
			}
		}
	}
}

// mainColour is the commonest fully opaque colour.
func mainColour(img image.Image) (most color.Color) {
	counts := map[color.Color]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if c := img.At(x, y); coverage(img, x, y) == 1 {
				counts[c]++
				if most == nil || counts[c] > counts[most] {
					most = c
				}
			}
		}
	}
	return most
}

// luminance is WCAG's relative luminance, 0 to 1.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
