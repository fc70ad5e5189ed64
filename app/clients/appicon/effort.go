package appicon

import (
	"errors"
	"image/color"
	"io"
	"time"

	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

// maxDrawTime bounds how long an SVG is drawn; an icon takes some milliseconds. It
// is a variable for the tests.
var maxDrawTime = 500 * time.Millisecond

var errSlow = errors.New("drawing it takes too long")

// effort ends what goes on beyond a time. The library takes no context, but it
// reads the drawing little at a time, and hands over each line and each colour.
type effort struct {
	until time.Time
	steps int
}

func (e *effort) over() bool { return time.Now().After(e.until) }

// step panics when the time is over: nothing else leaves the library.
func (e *effort) step() {
	if e.steps++; e.steps%16 == 0 && e.over() {
		panic(errSlow)
	}
}

// effortReader hands over little at a time, so that no more than that is done
// before the time is looked at.
type effortReader struct {
	*effort
	from io.Reader
}

func (r effortReader) Read(p []byte) (int, error) {
	if r.over() {
		return 0, errSlow
	}
	const most = 512 // bytes
	return r.from.Read(p[:min(len(p), most)])
}

// effortScanner is a scanner that looks at the time.
type effortScanner struct {
	rasterx.Scanner
	*effort
}

func (s effortScanner) Start(a fixed.Point26_6) { s.step(); s.Scanner.Start(a) }
func (s effortScanner) Line(b fixed.Point26_6)  { s.step(); s.Scanner.Line(b) }
func (s effortScanner) Draw()                   { s.step(); s.Scanner.Draw() }

func (s effortScanner) SetColor(c any) {
	if of, ok := c.(rasterx.ColorFunc); ok {
		c = rasterx.ColorFunc(func(x, y int) color.Color { s.step(); return of(x, y) })
	}
	s.Scanner.SetColor(c)
}
