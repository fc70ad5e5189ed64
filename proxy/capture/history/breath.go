package history

import (
	"sync/atomic"
	"time"
)

// The writer's work on one block takes milliseconds of a processor. It rests between pieces of it, so
// that what passes, which has short turns, does not wait behind it. A lower priority of its thread
// would not do that: while such a thread waits for a processor it keeps one of those that the runtime
// hands out, and each collection of garbage waits for it.
const (
	workFor = 500 * time.Microsecond
	restFor = time.Millisecond
)

// breath says when the writer rests. Nil never does.
type breath struct {
	begun   time.Time
	waiting *atomic.Int32 // blocks that are to be written, with the one that is; from two on nothing rests
	stop    <-chan struct{}
}

// begin is the beginning of a work.
func (b *breath) begin() { b.begun = time.Now() }

// rest rests if it is time.
func (b *breath) rest() {
	if b == nil || time.Since(b.begun) < workFor {
		return
	}
	if b.waiting.Load() <= 1 {
		select {
		case <-b.stop:
		case <-time.After(restFor):
		}
	}
	b.begin()
}
