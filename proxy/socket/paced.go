package socket

import (
	"os"
	"time"

	"posthouse/proxy/pace"
)

// pacing are the lines that what is written passes.
type pacing struct {
	lines []*pace.Line
	piece int
}

// Pace has what is written to c from now on pass slow lines; none lets it pass as it comes.
// A write that waits for its place is interrupted like any other.
func (c *Conn) Pace(lines ...*pace.Line) {
	if c.layer != nil {
		c = c.layer.under
	}
	if len(lines) == 0 {
		if c.paced.Load() != nil {
			c.paced.Store(nil)
		}
		return
	}
	p := &pacing{lines: lines, piece: lines[0].Piece()}
	for _, l := range lines {
		p.piece = min(p.piece, l.Piece())
	}
	c.paced.Store(p)
}

// write writes b piece by piece.
func (p *pacing) write(c *Conn, b []byte) (n int, err error) {
	for n < len(b) {
		piece := b[n:min(len(b), n+p.piece)]
		now := time.Now()
		wait := time.Duration(0)
		for _, l := range p.lines {
			wait = max(wait, l.Reserve(len(piece), now))
		}
		if err := c.rest(wait); err != nil {
			return n, err
		}
		wrote, err := c.write(piece)
		n += wrote
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// restStep is how long a write rests before it looks whether it was interrupted.
const restStep = 20 * time.Millisecond

// Rest waits. It ends early when the connection is interrupted or closed.
func (c *Conn) Rest(wait time.Duration) error {
	if c.layer != nil {
		c = c.layer.under
	}
	return c.rest(wait)
}

func (c *Conn) rest(wait time.Duration) error {
	for {
		if c.raw != nil {
			if err := c.raw.Write(goesOn); err != nil {
				return err
			}
		} else if c.stopped.Load() || c.aborted.Load() {
			return os.ErrDeadlineExceeded
		}
		if wait <= 0 {
			return nil
		}
		step := min(wait, restStep)
		time.Sleep(step)
		wait -= step
	}
}

// goesOn has the system's poller say whether a write may begin, and writes nothing.
func goesOn(uintptr) bool { return true }
