package appicon

import (
	"fmt"
	"testing"
)

// A drawing that reaches far outside takes time, and is not drawn; one whose numbers
// are large for a reason is.
func TestDrawingsReachOnlySoFar(t *testing.T) {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 16 16">%s<rect width="16" height="16" fill="#ff0000"/></svg>`
	for name, c := range map[string]struct {
		shapes string
		drawn  bool
	}{
		"moved":             {`<g transform="translate(-1e9,-2000)"><path d="M1000 2000h5"/></g>`, true},
		"scaled down":       {`<g transform="scale(.01)"><path d="M0 0L50000 5"/></g>`, true},
		"a gradient":        {`<linearGradient id="g" x1="99999"/>`, true},
		"far":               {`<path d="M0 0L5-5000"/>`, false},
		"far by exponent":   {`<path d="M0 0L5 1e9"/>`, false},
		"out of range":      {`<path d="M0 0L5 1e999"/>`, false},
		"another form":      {`<circle r="0x1p60"/>`, false},
		"infinite":          {`<circle r="Infinity"/>`, false},
		"thick":             {`<g stroke-width="5000"/>`, false},
		"thick by style":    {`<path style="fill:red; Stroke-Width : 5000px" d="M0 0"/>`, false},
		"thick by sheet":    {`<style>.a{stroke-width:5000}</style><path class="a" d="M0 0"/>`, false},
		"scaled":            {`<g transform="scale(100)"><path transform="matrix(10 0 0 10 0 0)" d="M0 0L5 5"/></g>`, false},
		"sheared":           {`<path transform="skewX(90)" d="M0 0L5 5"/>`, false},
		"repeated at scale": {`<defs><path id="a" d="M0 0L500 5"/></defs><use transform="scale(100)" xlink:href="#a"/>`, false},
		"a smaller drawing": {`<svg viewBox="0 0 .001 .001"><path d="M0 0L5 5"/></svg>`, false},
	} {
		if drawn := drawSVG(fmt.Appendf(nil, svg, c.shapes), 16) != nil; drawn != c.drawn {
			t.Errorf("%s: drawn %v", name, drawn)
		}
	}
}
