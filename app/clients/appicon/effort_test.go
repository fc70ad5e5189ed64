package appicon

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A drawing of little text that takes long, or much memory, is not drawn.
func TestDrawingsTakeLittle(t *testing.T) {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 16 16">%s<rect width="16" height="16" fill="#ff0000"/></svg>`
	uses := strings.Repeat(`<use xlink:href="#a"/>`, maxUses)
	arcs := `<path d="M0 0` + strings.Repeat("a9 9 0 1 1 9 9", 17000) + `"/>`
	repeated := strings.Replace(arcs, "<path", `<path id="a"`, 1)
	gradient := `<linearGradient id="g">` + strings.Repeat(`<stop offset=".5" stop-color="red"/>`, 1800) + `</linearGradient>`
	was := maxDrawTime
	maxDrawTime = 50 * time.Millisecond // the last two take 4 and 0.6 s
	defer func() { maxDrawTime = was }()
	for name, shapes := range map[string]string{ // which took half a minute and 600 MB
		"repeated arcs":    `<defs>` + repeated + `</defs>` + uses,
		"repeated shapes":  `<defs><g id="a">` + strings.Repeat(`<path d="M0 0h9v9"/>`, 3700) + `</g></defs>` + uses,
		"repeated strokes": `<defs><path id="a" stroke="red" stroke-linejoin="round" stroke-width="99" d="M0 0` + strings.Repeat("v999v-999", 20000) + `"/></defs>` + uses,
		"strokes":          strings.Replace(arcs, "<path", `<path fill="none" stroke="red" stroke-linejoin="round" stroke-width="3999"`, 1),
		"colours":          gradient + strings.Repeat(`<rect fill="url(#g)" width="999" height="999"/>`, 2000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		drawn := drawSVG(fmt.Appendf(nil, svg, shapes), maxSize) != nil
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; drawn || took > slowed(2*time.Second) || taken > 256<<20 {
			t.Errorf("%s: drawn %v, in %v, with %d MiB", name, drawn, took, taken>>20)
		}
	}
}

// An icon that repeats its parts as honest ones do is drawn.
func TestRepeatedPartsAreDrawn(t *testing.T) {
	defer func(was time.Duration) { maxDrawTime = was }(maxDrawTime)
	maxDrawTime = slowed(maxDrawTime)
	shapes := `<defs><path id="a" d="M0 0` + strings.Repeat("h9v9", 2000) + `"/></defs>` + strings.Repeat(`<use xlink:href="#a"/>`, maxUses)
	if drawSVG(fmt.Appendf(nil, drawing, shapes), maxSize) == nil {
		t.Error("it is not drawn")
	}
}

// slowed is a time that the race detector has its part in.
func slowed(d time.Duration) time.Duration {
	if raceDetector {
		return 10 * d
	}
	return d
}
