package main

import (
	"sync"
	_ "unsafe" // go:linkname
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

// readFonts reads the system's fonts that the first window asks for, while the window is made, which would
// take a twentieth of the start. wait waits until that is done.
func readFonts() (wait func()) {
	var reading sync.WaitGroup
	reading.Go(func() {
		for _, one := range []struct {
			family string
			weight float32
		}{{"sans-serif", 0}, {"sans-serif", bold}, {"monospace", 0}} {
			_ = lookupLangFont(one.family, aspect{style: upright, weight: one.weight})
		}
	})
	return reading.Wait
}
