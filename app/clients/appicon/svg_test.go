package appicon

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A drawing of little text takes little time and memory, whether it is drawn or not.
func TestDrawingsTakeLittle(t *testing.T) {
	arcs := `<path d="M0 0` + strings.Repeat("a9 9 0 1 1 9 9", 17000) + `"/>`
	gradient := `<linearGradient id="g">` + strings.Repeat(`<stop offset=".5" stop-color="red"/>`, 1800) + `</linearGradient>`
	was := maxDrawTime
	maxDrawTime = 50 * time.Millisecond // some would take seconds
	defer func() { maxDrawTime = was }()
	for name, shapes := range map[string]string{
		// It would take 600 MB.
		"repeated arcs": `<defs>` + strings.Replace(arcs, "<path", `<path id="a"`, 1) + `</defs>` +
			strings.Repeat(`<use xlink:href="#a"/>`, 100),
		"strokes": strings.Replace(arcs, "<path", `<path fill="none" stroke="red" stroke-linejoin="round" stroke-width="3999"`, 1),
		"long strokes": `<path stroke="red" stroke-linejoin="round" stroke-width="99" d="M0 0` +
			strings.Repeat("v999v-999", 20000) + `"/>`,
		"colours":       gradient + strings.Repeat(`<rect fill="url(#g)" width="999" height="999"/>`, 2000),
		"fine dashes":   `<path stroke="red" stroke-dasharray="0.0001" d="M0 0H1000000"/>`,
		"styled dashes": `<path stroke="red" style="stroke-&#100;asharray:0,0,0.016" d="M0 0H1000000"/>`,
		"far":           `<path d="M0 0L5-5000` + strings.Repeat("L1e9 5L-1e9 1e9", 9000) + `"/>`,
		"out of range":  `<path d="M0 0L5 1e999"/><circle r="Infinity"/><circle r="0x1p60"/>`,
		"thick":         `<path stroke="red" stroke-width="1e9" d="M0 0L5 5` + strings.Repeat("L9 9L0 0", 9000) + `"/>`,
		"scaled":        `<g transform="scale(1e9)"><path transform="skewX(90)" d="M0 0L5 5` + strings.Repeat("L9 9L0 0", 9000) + `"/></g>`,
		"many":          strings.Repeat("<g/>", 60000),
		"deep":          strings.Repeat("<g>", 30000) + strings.Repeat("</g>", 30000),
		"classes": `<defs><style>.a{` + strings.Repeat("x:y;", 9000) + `}</style></defs>` +
			strings.Repeat(`<g class="a"/>`, 9000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		drawn := drawSVG(fmt.Appendf(nil, drawing, shapes), maxSize) != nil
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		taken := after.TotalAlloc - before.TotalAlloc
		if took > slowed(2*time.Second) || taken > 256<<20 {
			t.Errorf("%s: drawn %v, in %v, with %d MiB", name, drawn, took, taken>>20)
		}
		t.Logf("%s: drawn %v, in %v, with %d MiB", name, drawn, took, taken>>20)
	}
}

// What lies far outside, or has many dashes, does not keep the rest from being drawn.
func TestLargeNumbersAreDrawn(t *testing.T) {
	defer func(was time.Duration) { maxDrawTime = was }(maxDrawTime)
	maxDrawTime = slowed(maxDrawTime)
	for name, shapes := range map[string]string{
		"moved":       `<g transform="translate(-1e9,-2000)"><path d="M1000 2000h5"/></g>`,
		"scaled down": `<g transform="scale(.01)"><path d="M0 0L50000 5"/></g>`,
		"far":         `<path d="M0 0L5-5000"/>`,
		"a gradient":  `<linearGradient id="g" x1="99999"/>`,
		"dashes":      `<path stroke="red" stroke-dasharray="1 0.5" d="M0 0H16"/>`,
		"house":       `<house/><cause/>`,
	} {
		if m := drawSVG(fmt.Appendf(nil, drawing, shapes), maxSize); m == nil || middle(m) != red {
			t.Errorf("%s: it is not drawn", name)
		}
	}
}

// slowed is a time that the race detector has its part in.
func slowed(d time.Duration) time.Duration {
	if raceDetector {
		return 10 * d
	}
	return d
}
