//go:build !ci && amd64 && (linux || windows)

package main

import _ "unsafe" // go:linkname

// The toolkit (2.8.1) compiles a program for each shape that there is before the first picture. These are drawn
// nowhere in the window: see the test.
//
//go:linkname shaderArc fyne.io/fyne/v2/internal/painter/gl.shaderArcFrag
//go:linkname shaderBezierCurve fyne.io/fyne/v2/internal/painter/gl.shaderBezierCurveFrag
//go:linkname shaderArbitraryPolygon fyne.io/fyne/v2/internal/painter/gl.shaderArbitraryPolygonFrag
//go:linkname shaderPolygon fyne.io/fyne/v2/internal/painter/gl.shaderPolygonFrag
//go:linkname shaderEllipse fyne.io/fyne/v2/internal/painter/gl.shaderEllipseFrag
//go:linkname shaderBlur fyne.io/fyne/v2/internal/painter/gl.shaderBlurFrag
var shaderArc, shaderBezierCurve, shaderArbitraryPolygon, shaderPolygon, shaderEllipse, shaderBlur []byte

// leaveShapesOut has the toolkit compile next to nothing for shapes that are not drawn.
func leaveShapesOut() {
	for _, one := range []*[]byte{&shaderArc, &shaderBezierCurve, &shaderArbitraryPolygon, &shaderPolygon, &shaderEllipse, &shaderBlur} {
		*one = []byte("#version 110\nvoid main() { discard; }\n")
	}
}
