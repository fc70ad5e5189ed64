// Package pace is a slow line: how long bytes have to wait so that no more of them pass in a
// second than it takes. All that pass over one line share it, as what is behind one modem
// does, one small piece after the other.
//
// A Line is safe for concurrent use. It keeps no queue and starts nothing: who writes waits.
package pace

import (
	"sync"
	"time"
)

// Bounds of a line, and of what passes it at one time.
const (
	MinRate = 100     // bytes a second
	MaxRate = 1 << 30 // bytes a second

	tick     = 10 * time.Millisecond // what passes in it is one piece; as much may be caught up
	minPiece = 64                    // bytes
	maxPiece = 16 << 10              // bytes
)

// Line takes so many bytes a second.
type Line struct {
	rate int64 // bytes a second

	mu   sync.Mutex
	free time.Time // when what was reserved will have passed
}

// NewLine is a line of so many bytes a second, within MinRate and MaxRate.
func NewLine(rate int64) *Line { return &Line{rate: min(max(rate, MinRate), MaxRate)} }

// Rate is how many bytes it takes a second.
func (l *Line) Rate() int64 { return l.rate }

// Piece is how many bytes pass at one time: those of a hundredth of a second, within bounds.
func (l *Line) Piece() int {
	return int(min(max(l.rate*int64(tick)/int64(time.Second), minPiece), maxPiece))
}

// Reserve takes the next place for n bytes, and says how long they have to wait for it.
func (l *Line) Reserve(n int, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if earliest := now.Add(-tick); l.free.Before(earliest) {
		l.free = earliest
	}
	l.free = l.free.Add(time.Duration(int64(n) * int64(time.Second) / l.rate))
	return max(0, l.free.Sub(now))
}
