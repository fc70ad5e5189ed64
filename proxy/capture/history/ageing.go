package history

import "time"

// ageing says when what is too old may leave. A clock that is ahead for a moment, as that of a computer without
// a battery is until it has asked a server for the time, would take the whole history with it: so after a leap of
// the clock, and where nothing was recorded for longer than anything is kept, ages count ten minutes later.
type ageing struct {
	opened time.Time
	idle   time.Duration // from the newest exchange to the opening, 0 where there was none
	last   time.Time     // when it was asked last
	leapt  time.Time     // when the clock was seen to have leapt; zero: not
}

const (
	leap     = time.Hour // by how much one clock goes ahead of the other
	leapRest = 10 * time.Minute
)

// open begins with the segments that are there.
func (a *ageing) open(now time.Time, segments []*segment) {
	*a = ageing{opened: now, last: now}
	newest := int64(0)
	for _, g := range segments {
		if g.newest <= now.Unix() {
			newest = max(newest, g.newest)
		}
	}
	if newest > 0 {
		a.idle = now.Sub(time.Unix(newest, 0))
	}
}

// counts reports whether what is older than an age may leave.
func (a *ageing) counts(now time.Time, age time.Duration) bool {
	if now.Round(0).Sub(a.last.Round(0))-now.Sub(a.last) > leap {
		a.leapt = now
	}
	a.last = now
	return (a.idle <= age || now.Sub(a.opened) >= leapRest) && (a.leapt.IsZero() || now.Sub(a.leapt) >= leapRest)
}
