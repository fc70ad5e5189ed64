package document

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"posthouse/proxy/signal"
)

// taskKind names a slot of a worker.
type taskKind uint8

const (
	TaskShow   taskKind = iota // read an exchange and prepare what is shown of it
	TaskSearch                 // search a body
	TaskAsk                    // ask a body of JSON
	TaskCopy                   // make text for the clipboard
	taskKinds
)

// Worker runs tasks one after the other on one goroutine, off the UI goroutine.
// There is one slot for each kind: a new task takes the place of a waiting one,
// and calls off one that runs. A task may hand results over with HandOver; it
// must return soon after its context ends.
type Worker struct {
	do   func(func()) // has the UI goroutine call a function
	stop context.Context
	end  context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	waiting [taskKinds]*task
	running *task
	wake    signal.Slot
}

type task struct {
	kind   taskKind
	at     time.Time // not before
	ctx    context.Context
	cancel context.CancelFunc
	run    func(context.Context)
}

// NewWorker starts a worker; do runs a function on the UI goroutine. Close ends it.
func NewWorker(do func(func())) *Worker {
	w := &Worker{do: do, done: make(chan struct{}), wake: signal.NewSlot()}
	w.stop, w.end = context.WithCancel(context.Background())
	go w.loop()
	return w
}

// Close calls everything off and waits for the goroutine.
func (w *Worker) Close() {
	w.end()
	<-w.done
}

// Post has run called soon, in place of any other task of this kind.
func (w *Worker) Post(kind taskKind, run func(context.Context)) { w.PostAt(kind, time.Time{}, run) }

// PostAt is post, but not before a time; other tasks do not wait for that.
func (w *Worker) PostAt(kind taskKind, at time.Time, run func(context.Context)) {
	ctx, cancel := context.WithCancel(w.stop)
	w.mu.Lock()
	w.cancelLocked(kind)
	w.waiting[kind] = &task{kind, at, ctx, cancel, run}
	w.mu.Unlock()
	w.wake.Set()
}

// Cancel calls off the tasks of a kind.
func (w *Worker) Cancel(kind taskKind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancelLocked(kind)
}

func (w *Worker) cancelLocked(kind taskKind) {
	if t := w.waiting[kind]; t != nil {
		t.cancel()
		w.waiting[kind] = nil
	}
	if w.running != nil && w.running.kind == kind {
		w.running.cancel()
	}
}

func (w *Worker) loop() {
	defer close(w.done)
	for w.stop.Err() == nil {
		t, wait := w.next(time.Now())
		if t != nil {
			t.runGuarded()
			t.cancel()
			continue
		}
		w.await(wait)
	}
}

// runGuarded survives what foreign bytes do to a search or a copy: there is then
// nothing found, or nothing copied. What is shown is guarded where it is prepared.
func (t *task) runGuarded() {
	if t.kind != TaskShow {
		defer func() {
			if r := recover(); r != nil {
				slog.Error("a body could not be searched or copied", "panic", r, "stack", string(debug.Stack()))
			}
		}()
	}
	t.run(t.ctx)
}

// await returns when there may be something to do.
func (w *Worker) await(wait time.Duration) {
	var due <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-w.stop.Done():
	case <-w.wake:
	case <-due:
	}
}

// next takes the first task that is due, or says how long there is none; 0 for
// no task at all.
func (w *Worker) next(now time.Time) (t *task, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = nil
	for kind, t := range w.waiting {
		if t == nil {
			continue
		}
		if until := t.at.Sub(now); until > 0 {
			if wait == 0 || until < wait {
				wait = until
			}
			continue
		}
		w.waiting[kind], w.running = nil, t
		return t, 0
	}
	return nil, wait
}

// HandOver has the UI goroutine call f, unless ctx ends before, and waits for
// that: at most one call is ever queued. It belongs to the worker's goroutine.
func (w *Worker) HandOver(ctx context.Context, f func()) {
	called := make(chan struct{})
	w.do(func() {
		defer close(called)
		if ctx.Err() == nil {
			f()
		}
	})
	select {
	case <-called:
	case <-w.stop.Done():
	}
}
