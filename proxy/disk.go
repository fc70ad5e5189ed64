package proxy

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// disk looks for files that rules name, opens, reads and closes them. A disk may take its time, or never answer: it
// sleeps, or is a folder of a network that is not there. So each look at one is a goroutine's beside those that serve
// connections. Who has asked waits as it waits for other things: an exchange of HTTP/1 by its goroutine
// (ruledExchange.await), a stream of HTTP/2 as its head does (http2Wait); for diskTime at most, and not when its client
// has left.
//
// A system call that waits for a disk cannot be called off. What it finds is dropped where nobody waits any longer, and
// its goroutine ends when the system lets it; until then it keeps its place among diskLooks. Shutdown waits for these
// goroutines, but for no more than diskEnd: no program should have to be killed to be ended, since a folder of a network
// is not there. They touch nothing but their file then.
type disk struct {
	mu    sync.Mutex
	turns []*diskLook   // that wait for their turn, the next one first
	busy  int           // goroutines, each in a look
	idle  chan struct{} // closed when none is left; nil while nobody waits for that

	slow     func()        // of tests, called before each look; nil: nothing is
	patience time.Duration // of tests; 0: diskTime
}

// time is how long a look is waited for.
func (d *disk) time() time.Duration { return cmp.Or(d.patience, diskTime) }

const (
	diskLooks = 32               // at once in a server; more wait for their turn
	diskTurns = 4096             // that wait for it: then the next one fails at once
	diskTime  = 10 * time.Second // that is waited for a look, its turn included
	diskEnd   = time.Second      // that Shutdown waits for those that have begun
)

// diskLook is one look.
type diskLook struct{ run func() }

// look has run called when its turn comes; nil is that too many wait for theirs. run must not touch what who asks
// may go on using without it.
func (d *disk) look(run func()) *diskLook {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.turns) >= diskTurns {
		return nil
	}
	return d.add(run)
}

// add is look whatever waits; mu is held.
func (d *disk) add(run func()) *diskLook {
	l := &diskLook{run}
	d.turns = append(d.turns, l)
	if d.busy < diskLooks {
		d.busy++
		go d.work()
	}
	return l
}

// close closes a file that was read, which may take a disk's time too. There are as many looks of this kind as files
// are open, and they are bounded by that alone.
func (d *disk) close(f *os.File) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.add(func() { _ = f.Close() }) // read only
}

// drop has a look not begin for which nobody waits any longer; one that has begun goes on. l may be nil.
func (d *disk) drop(l *diskLook) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.Index(d.turns, l); i >= 0 {
		d.turns = slices.Delete(d.turns, i, i+1)
	}
}

// work takes one look after the other, until none waits.
func (d *disk) work() {
	for {
		d.mu.Lock()
		if len(d.turns) == 0 {
			if d.busy--; d.busy == 0 && d.idle != nil {
				close(d.idle)
				d.idle = nil
			}
			d.mu.Unlock()
			return
		}
		l, slow := d.turns[0], d.slow
		d.turns = slices.Delete(d.turns, 0, 1)
		d.mu.Unlock()
		if slow != nil {
			slow()
		}
		l.run()
	}
}

// end waits for those that have begun, for diskEnd. Nothing asks for a look any longer.
func (d *disk) end(log *slog.Logger) {
	d.mu.Lock()
	busy, idle := d.busy, make(chan struct{})
	d.idle = idle
	d.mu.Unlock()
	if busy == 0 {
		return
	}
	late := time.NewTimer(diskEnd)
	defer late.Stop()
	select {
	case <-idle:
	case <-late.C:
		log.Warn("what rules look for on a disk is not waited for any longer", "looks", busy)
	}
}

// onDisk has look look at a disk, and waits for what it finds as wait does: until either channel is closed, of which
// found is the look's and late is closed when diskTime is over. wait reports whether anybody still wants it, and so does
// ok. why says that it did not come in time. What comes later gets to drop; look owns what it touches.
func onDisk[T any](d *disk, look func() T, drop func(T), wait func(found, late <-chan struct{}) bool) (out T, why flow.Reason, ok bool) {
	var none, one T
	var mu sync.Mutex // of one and of left
	left, found := false, make(chan struct{})
	l := d.look(func() {
		seen := look()
		mu.Lock()
		defer mu.Unlock()
		if left {
			drop(seen)
			return
		}
		one = seen
		close(found)
	})
	if l == nil {
		return none, reason.RuleDiskMany.With(diskTurns), true
	}
	ctx, stop := context.WithTimeout(context.Background(), d.time())
	defer stop()
	ok = wait(found, ctx.Done())
	mu.Lock()
	defer mu.Unlock()
	select {
	case <-found:
		if !ok {
			drop(one)
			return none, why, false
		}
		return one, why, true
	default:
	}
	left = true
	d.drop(l)
	if ok {
		why = reason.RuleDiskLate.With(d.time())
	}
	return none, why, ok
}
