package ui

import "time"

// goodNews takes calm notices away again: of what went well nothing is left to be done, so that
// they go by themselves. One that warns stays. It belongs to the UI goroutine.
type goodNews struct {
	after time.Duration // that one is in sight
	busy  func() bool   // rows lie below the pointer, and would go away from under it; nil: never
	timer *time.Timer   // nil for none
	of    int           // counts what was shown since the window was made
}

const (
	goodNewsTime  = 8 * time.Second
	goodNewsPause = time.Second // until it is looked again, while the pointer is on the rows
)

// shown notes that something is said; gone, for good news, takes it away.
func (g *goodNews) shown(good bool, do func(func()), gone func()) {
	g.stop()
	g.of++
	if good {
		g.wait(g.after, g.of, do, gone)
	}
}

func (g *goodNews) wait(after time.Duration, of int, do func(func()), gone func()) {
	g.timer = time.AfterFunc(after, func() {
		do(func() {
			switch {
			case of != g.of: // something else is said meanwhile
			case g.busy != nil && g.busy():
				g.wait(goodNewsPause, of, do, gone)
			default:
				gone()
			}
		})
	})
}

func (g *goodNews) stop() {
	if g.timer != nil {
		g.timer.Stop()
	}
}
