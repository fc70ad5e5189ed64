package main

import (
	"sync"
	_ "unsafe" // go:linkname

	"fyne.io/fyne/v2"
)

// aspect is what the toolkit's font library calls so.
type aspect struct {
	style  uint8
	weight float32
	_      float32 // stretch: as it is
}

const (
	upright = 1
	bold    = 700
)

// lookupLangFont is how the toolkit (2.8.1) finds the system's font for the person's language, under a
// lock of its own; it keeps what it has read. What it returns is none of ours.
//
//go:linkname lookupLangFont fyne.io/fyne/v2/internal/painter.lookupLangFont
func lookupLangFont(family string, a aspect) uintptr

// cachedFontFace is how the toolkit (2.8.1) reads the fonts that it draws a style with, which it keeps. What it
// returns is none of ours. The toolkit calls it on the window's thread alone.
//
//go:linkname cachedFontFace fyne.io/fyne/v2/internal/painter.CachedFontFace
func cachedFontFace(style fyne.TextStyle, source fyne.Resource, o fyne.CanvasObject) uintptr

// fontReader reads the fonts that the first window asks for beside its start, of which that would be a tenth.
type fontReader struct{ reading sync.WaitGroup }

// lookUp begins with those of the system.
func (r *fontReader) lookUp() {
	r.reading.Go(func() {
		for _, one := range []struct {
			family string
			weight float32
		}{{"sans-serif", 0}, {"sans-serif", bold}, {"monospace", 0}} {
			_ = lookupLangFont(one.family, aspect{style: upright, weight: one.weight})
		}
	})
}

// read goes on with all of each style that is drawn first, once the theme is known. Until wait has returned the
// toolkit is asked for no text.
func (r *fontReader) read() (wait func()) {
	r.reading.Go(func() {
		for _, style := range []fyne.TextStyle{{}, {Bold: true}, {Monospace: true}} {
			_ = cachedFontFace(style, nil, nil)
		}
	})
	return r.reading.Wait
}
