package tray

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"posthouse/app"
	"posthouse/app/switches/systemproxy"
	"posthouse/assets"
)

func decoded(t *testing.T, picture []byte) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The dot is on every icon, in any size; what is not below it stays as it is.
func TestTheDotOfWhatChanges(t *testing.T) {
	for name, picture := range map[string][]byte{"stopped": assets.TrayStopped, "running": assets.TrayRunning, "failed": assets.TrayFailed,
		"not recording": assets.TrayRunningNotRecording, "system": assets.TraySystem, "neither": assets.TraySystemNotRecording} {
		dotted, err := withDot(picture)
		if err != nil {
			t.Fatal(err)
		}
		before, after := decoded(t, picture), decoded(t, dotted)
		side := before.Bounds().Dx()
		if after.Bounds() != before.Bounds() || after.At(side*dotX/64, side*dotY/64) != colorChanging {
			t.Errorf("%s: no dot", name)
		}
		for y := range side {
			for x := range side {
				if inDisc(x, y, side, dotRadius+dotGap) == 0 && !sameColor(before.At(x, y), after.At(x, y)) {
					t.Fatalf("%s: %d,%d is another", name, x, y)
				}
			}
		}
	}
	if _, err := withDot([]byte("no picture")); err == nil {
		t.Error("no picture is taken for one")
	}
}

func sameColor(a, b interface{ RGBA() (r, g, b, a uint32) }) bool {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	return ar == br && ag == bg && ab == bb && aa == ba
}

// The icon has the dot while rules are in force or something waits, and the tip says what waits.
func TestTheIconSaysWhatChanges(t *testing.T) {
	changing, waiting := 0, ""
	no := func() bool { return false }
	tray := &Tray{deps: Deps{Status: func() app.Status { return app.Status{} }, Words: func(app.Status) string { return "Stopped" },
		Recording: no, System: func() systemproxy.Phase { return systemproxy.Off }, History: no, Private: no, Decrypts: no,
		Rules: func() (bool, int) { return changing > 0, changing }, Waiting: func() string { return waiting }}}
	tray.menuItems()
	shows := func(want string) {
		t.Helper()
		tray.set(app.Status{})
		if tray.icon.Name() != want {
			t.Errorf("%s, want %s", tray.icon.Name(), want)
		}
	}
	shows("stopped.png")
	changing = 2
	shows("stopped-changing.png")
	changing, waiting = 0, "1 waiting"
	shows("stopped-changing.png")
	if tip := tray.tip(); tip != "Posthouse · 1 waiting · Stopped" {
		t.Errorf("%q", tip)
	}
	waiting = ""
	shows("stopped.png")
}
