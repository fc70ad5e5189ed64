package app

import (
	"sync/atomic"
	"time"

	"posthouse/proxy/reason"
)

const (
	// diskTime is how long a disk is waited for by who wants something of it.
	diskTime = 3 * time.Second
	// diskEnd is how long it is waited for when the controller has ended.
	diskEnd = 2 * time.Second
)

// errDiskLate says that a disk has kept somebody waiting for diskTime.
var errDiskLate error = reason.New(reason.DiskLate, diskTime)

// line is the way of one file to its disk: one work after the other looks at it, reads it and writes it, on a goroutine
// beside the controller's. A disk may take its time, or never answer: it sleeps, or is a folder of a network that is not
// there, and a system call that waits for it cannot be called off. So who wants a work waits for it while the processor
// has to do with it, and for the disk no longer than diskTime; who comes when it is late waits for nothing. The work
// goes on, and ends when the disk answers.
//
// do may be called from any goroutine but the controller's, try from any, and owe from the controller's alone.
type line struct {
	c     *Controller
	turn  chan struct{} // holds something while a work is under way
	asked atomic.Int64  // since when the disk is asked, as sinceStart has it; 0: it is not
	owed  func()        // a work that follows the one under way; the controller's goroutine's
	slow  func()        // of tests, called before each question; nil: nothing is
}

func newLine(c *Controller) *line { return &line{c: c, turn: make(chan struct{}, 1)} }

// ask has f ask the disk. Only the work under way calls it.
func (l *line) ask(f func()) {
	l.asked.Store(sinceStart())
	defer l.asked.Store(0)
	if l.slow != nil {
		l.slow()
	}
	f()
}

// late reports whether the disk keeps the work under way waiting for diskTime or more.
func (l *line) late() bool {
	since := l.asked.Load()
	return since != 0 && sinceStart()-since >= int64(diskTime)
}

// do has work be done, and waits for it. False: the disk is late, or the controller has ended. Then the work has not begun,
// and never does, or it is under way still.
func (l *line) do(work func()) bool {
	if l.late() {
		return false
	}
	look := time.NewTicker(diskTime / 20)
	defer look.Stop()
	done, ended := make(chan struct{}), l.c.ended
	for turn := l.turn; ; {
		select {
		case turn <- struct{}{}:
			turn, ended = nil, nil
			go l.run(func() {
				defer close(done)
				work()
			})
		case <-done:
			return true
		case <-ended:
			return false
		case <-look.C:
			if l.late() {
				return false
			}
		}
	}
}

// try has work be done, unless one is under way.
func (l *line) try(work func()) {
	select {
	case l.turn <- struct{}{}:
		go l.run(work)
	default:
	}
}

// owe has work be done, behind the one that is under way if there is one. The controller's goroutine calls it.
func (l *line) owe(work func()) {
	select {
	case l.turn <- struct{}{}:
		go l.run(work)
	default:
		l.owed = work
	}
}

// run does a work, and what is owed then.
func (l *line) run(work func()) {
	for work != nil {
		work()
		work = nil
		if !l.c.ask(func() {
			if work, l.owed = l.owed, nil; work == nil {
				<-l.turn
			}
		}) {
			<-l.turn // the controller has ended
		}
	}
}

// end waits for the work under way until late is closed; no other begins then.
func (l *line) end(late <-chan struct{}) bool {
	select {
	case l.turn <- struct{}{}:
		return true
	case <-late:
		return false
	}
}

// endDisks waits for what is under way on disks.
func endDisks(c *Controller) {
	late := make(chan struct{})
	timer := time.AfterFunc(diskEnd, func() { close(late) })
	defer timer.Stop()
	for _, l := range []*line{c.file.line, c.rules.line} {
		if !l.end(late) {
			c.log.Warn("the disk of the settings or of the rules is not waited for any longer")
		}
	}
	if c.decryption.disk == nil {
		return
	}
	select {
	case <-c.decryption.disk:
	case <-late:
		c.log.Warn("the disk of the certificate authority is not waited for any longer")
	}
}

var start = time.Now()

// sinceStart is a clock that nobody sets, in nanoseconds, and never 0.
func sinceStart() int64 { return int64(time.Since(start)) + 1 }

// within has f ask the disk of the authority and of what else decrypts, and waits for it, no longer than diskTime: what the
// controller's goroutine must know before it goes on. While an answer is outstanding no other is waited for.
func within[T any](dc *Decryption, f func() (T, error)) (T, error) {
	var none T
	if dc.disk != nil {
		select {
		case <-dc.disk:
		default:
			return none, errDiskLate
		}
	}
	type answer struct {
		out T
		err error
	}
	answered, got := make(chan struct{}), make(chan answer, 1)
	dc.disk = answered
	go func() {
		out, err := f()
		close(answered)
		got <- answer{out, err}
	}()
	late := time.NewTimer(diskTime)
	defer late.Stop()
	select {
	case a := <-got:
		return a.out, a.err
	case <-late.C:
		return none, errDiskLate
	}
}
