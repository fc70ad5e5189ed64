package command

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/style"
)

func openPalette(t *testing.T, w *world) (*Palette, fyne.Canvas) {
	t.Helper()
	win := test.NewTempWindow(t, widget.NewLabel(""))
	win.SetPadded(false)
	win.Resize(fyne.NewSize(640, 440))
	w.Covered = func() bool { return win.Canvas().Overlays().Top() != nil }
	return w.OpenPalette(win.Canvas()), win.Canvas()
}

func (p *Palette) keys(names ...fyne.KeyName) {
	for _, name := range names {
		p.entry.TypedKey(&fyne.KeyEvent{Name: name})
	}
}

func TestThePaletteRunsWhatIsTyped(t *testing.T) {
	w := newWorld(t, "en")
	p, canvas := openPalette(t, w)
	if canvas.Focused() != p.entry {
		t.Fatal("there is nothing to type into")
	}
	test.Type(p.entry, "rec")
	p.keys(fyne.KeyReturn)
	w.took(t, "recording")
	if canvas.Overlays().Top() != nil {
		t.Error("the palette stays")
	}
}

func TestArrowsChooseInThePalette(t *testing.T) {
	w := newWorld(t, "en")
	p, _ := openPalette(t, w)
	test.Type(p.entry, "theme")
	p.keys(fyne.KeyUp, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn)
	w.took(t, "theme.light")
	p, _ = openPalette(t, w)
	p.keys(fyne.KeyPageDown, fyne.KeyPageDown)
	if p.at != len(p.found)-1 {
		t.Errorf("two pages on, row %d is chosen of %d", p.at, len(p.found))
	}
	p.keys(fyne.KeyPageUp, fyne.KeyPageUp)
	if p.at != 0 {
		t.Errorf("two pages back, row %d is chosen", p.at)
	}
}

// What cannot be done is grey, and the palette stays.
func TestAGreyCommandDoesNothing(t *testing.T) {
	w := newWorld(t, "en")
	p, canvas := openPalette(t, w)
	test.Type(p.entry, "save")
	p.keys(fyne.KeyEnter)
	w.took(t)
	if canvas.Overlays().Top() == nil {
		t.Error("the palette has gone")
	}
	beside := func() string {
		r := newPaletteRow(p)
		r.show(0)
		return r.path.Text
	}
	c := w.Find("save")
	c.Why = func() string { return "Select one first." }
	if got := beside(); got != "File · Select one first." {
		t.Errorf("it says %q", got)
	}
	w.selected = true
	if got := beside(); got != "File" {
		t.Errorf("of what can be done it says %q", got)
	}
	w.selected = false
	test.Type(p.entry, " no such thing")
	p.keys(fyne.KeyDown, fyne.KeyEnter)
	w.took(t)
	p.keys(fyne.KeyEscape)
	if canvas.Overlays().Top() != nil {
		t.Error("Escape does not close the palette")
	}
}

// The key that opens the palette closes it.
func TestThePalettesKeyClosesIt(t *testing.T) {
	w := newWorld(t, "en")
	p, canvas := openPalette(t, w)
	p.entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyR, Modifier: fyne.KeyModifierControl})
	w.took(t)
	p.entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyP, Modifier: fyne.KeyModifierControl})
	if canvas.Overlays().Top() != nil {
		t.Error("the palette stays")
	}
}

func TestAClickInThePaletteRuns(t *testing.T) {
	w := newWorld(t, "en")
	p, _ := openPalette(t, w)
	row := newPaletteRow(p)
	row.show(1)
	row.MouseMoved(&desktop.MouseEvent{})
	if p.at != 1 {
		t.Error("the row under the pointer is not chosen")
	}
	want := p.found[1].command.ID
	row.Tapped(nil)
	w.took(t, want)
}

func TestPalettePictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang, query string }{
		{"light-en", "light", "en", ""},
		{"dark-en", "dark", "en", "p"},
		{"light-zh", "light", "zh-Hans", ""},
		{"dark-zh", "dark", "zh-Hans", "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.lang)
			fyne.CurrentApp().Settings().SetTheme(style.NewTheme(c.theme))
			p, canvas := openPalette(t, w)
			p.entry.SetText(c.query)
			test.AssertRendersToImage(t, "palette-"+c.name+".png", canvas)
		})
	}
}

// What is typed or pasted makes the palette no wider.
func TestALongTextMakesThePaletteNoWider(t *testing.T) {
	p, _ := openPalette(t, newWorld(t, "en"))
	before := p.popup.MinSize()
	p.entry.SetText(strings.Repeat("h", 5000))
	if now := p.popup.MinSize(); now != before {
		t.Errorf("the palette needs %v, and %v with a long text", before, now)
	}
}
