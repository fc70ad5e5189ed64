package appicon

import (
	"encoding/xml"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// maxReach bounds how far the parts of a drawing reach and how thick its lines are,
// in sides of the drawing: what is outside is drawn too, and takes time by its size.
const maxReach = 256

// reach is how far the parts of an SVG reach, in its own units. Of shapes that are
// defined once and repeated, the scales where they are repeated count too.
type reach struct {
	side     float64   // the smallest that the drawing may have; 0: none is known
	scales   []float64 // of the open elements, each with those around it
	scale    float64   // the largest
	repeated float64   // the largest of an element that repeats another
	shapes   float64
	defined  float64 // within definitions
	sheet    float64 // of style sheets, whose scales are not known
}

// bounded reports whether it can be drawn in little time.
func (r *reach) bounded() bool {
	repeated := max(r.repeated, 1)
	far := max(r.shapes, r.defined*repeated, r.sheet*max(r.scale, 1)*repeated)
	return r.side > 0 && far <= maxReach*r.side
}

// open takes the start of an element.
func (r *reach) open(t xml.StartElement, inDefs bool) {
	scale := 1.0
	if n := len(r.scales); n > 0 {
		scale = r.scales[n-1]
	}
	for _, a := range t.Attr {
		if strings.EqualFold(a.Name.Local, "transform") {
			scale *= scaleOf(a.Value)
		}
	}
	r.scales = append(r.scales, scale)
	r.scale = max(r.scale, scale)
	far := 0.0
	switch t.Name.Local {
	case "svg":
		r.box(t.Attr)
	case "use":
		r.repeated = max(r.repeated, scale)
	case "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon":
		for _, a := range t.Attr {
			if lengths[strings.ToLower(a.Name.Local)] {
				far = max(far, largest(a.Value))
			}
		}
	}
	for _, a := range t.Attr {
		far = max(far, thickest(a.Name.Local+":"+a.Value))
	}
	if inDefs {
		r.defined = max(r.defined, far*scale)
	} else {
		r.shapes = max(r.shapes, far*scale)
	}
}

// close takes the end of an element.
func (r *reach) close() {
	if n := len(r.scales); n > 0 {
		r.scales = r.scales[:n-1]
	}
}

// text takes what may be a style sheet.
func (r *reach) text(b []byte) { r.sheet = max(r.sheet, thickest(string(b))) }

// box takes the size of a drawing.
func (r *reach) box(attrs []xml.Attr) {
	size, viewed := 0.0, false
	for _, a := range attrs {
		switch a.Name.Local {
		case "viewBox":
			if all := numbers(a.Value); len(all) == 4 {
				size, viewed = max(all[2], all[3]), true
			}
		case "width", "height":
			if all := numbers(a.Value); len(all) == 1 && !viewed {
				size = max(size, all[0])
			}
		}
	}
	if size > 0 && (r.side == 0 || size < r.side) {
		r.side = size
	}
}

// lengths are the attributes of shapes that say how far they reach.
var lengths = map[string]bool{"d": true, "points": true, "x": true, "y": true, "x1": true, "y1": true, "x2": true, "y2": true,
	"cx": true, "cy": true, "r": true, "rx": true, "ry": true, "width": true, "height": true}

var (
	number = regexp.MustCompile(`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`)
	step   = regexp.MustCompile(`(\w+)\s*\(([^)]*)\)`)
	thick  = regexp.MustCompile(`(?i)stroke-width\s*:([^;}]*)`)
	odd    = regexp.MustCompile(`(?i)inf|nan|0x`) // other forms of numbers that the library takes
)

// numbers are those in a text; infinite ones for what is no plain number and may be read as one.
func numbers(s string) []float64 {
	if odd.MatchString(s) {
		return []float64{math.Inf(1)}
	}
	var all []float64
	for _, text := range number.FindAllString(s, -1) {
		n, _ := strconv.ParseFloat(text, 64) // infinite where it is out of range
		all = append(all, n)
	}
	return all
}

// largest is the largest of the numbers in a text, whatever their signs.
func largest(s string) float64 {
	most := 0.0
	for _, n := range numbers(s) {
		most = max(most, math.Abs(n))
	}
	return most
}

// thickest is the largest width of lines in a style.
func thickest(style string) float64 {
	most := 0.0
	for _, found := range thick.FindAllStringSubmatch(style, -1) {
		most = max(most, largest(found[1]))
	}
	return most
}

// scaleOf is how much larger a transformation makes things, at most.
func scaleOf(transform string) float64 {
	scale := 1.0
	for _, found := range step.FindAllStringSubmatch(transform, -1) {
		all := numbers(found[2])
		switch strings.ToLower(found[1]) {
		case "scale":
			scale *= largest(found[2])
		case "matrix":
			if len(all) == 6 {
				scale *= max(math.Abs(all[0])+math.Abs(all[2]), math.Abs(all[1])+math.Abs(all[3]))
			}
		case "skewx", "skewy":
			if len(all) == 1 {
				scale *= 1 + math.Abs(math.Tan(all[0]*math.Pi/180))
			}
		}
	}
	return scale
}
