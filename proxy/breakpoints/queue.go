package breakpoints

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/signal"
)

// Bounds of the queue.
const (
	MaxMessages = 1000
	MaxHeld     = 64 << 20 // bytes of all messages
	MaxBody     = 1 << 20  // bytes of a body that is held to be edited
	MaxNewBody  = 16 << 20 // bytes of a body that one is edited to
	MaxNext     = 100      // breaks that wait for their request
)

// DefaultPatience is how long a message waits where nothing else is set: less than what most
// clients wait.
const DefaultPatience = 25 * time.Second

var (
	// ErrDecided says that the message does not wait any longer, or that it cannot be answered.
	ErrDecided = errors.New("breakpoints: it has been decided already")
	// ErrFull says that what was typed, or read from a file, is more than may be held.
	ErrFull = errors.New("breakpoints: there is no room for as large a message")
)

// Unsendable says why an edit cannot be sent.
type Unsendable struct{ Why flow.Reason }

func (e *Unsendable) Error() string { return reason.English(e.Why) }

// Reason is what flow.Explained asks for.
func (e *Unsendable) Reason() flow.Reason { return e.Why }

// Queue is what waits. Its zero value is not ready: use New.
type Queue struct {
	hub   signal.Hub
	off   atomic.Bool
	armed atomic.Bool // there is a Next
	asks  atomic.Bool // a Next asks which app a request is of

	mu       sync.Mutex
	patience time.Duration
	all      []*Message // that were not released, the oldest first
	held     int64      // bytes
	lastID   uint64
	next     []*Next
}

// New makes an empty queue.
func New() *Queue { return &Queue{patience: DefaultPatience} }

// Watch tells of changes.
func (q *Queue) Watch() *signal.Watcher { return q.hub.Watch() }

// Set says how long messages wait that come from now on, and whether any do. Those that wait go
// on when breakpoints are switched off.
func (q *Queue) Set(on bool, patience time.Duration) {
	q.mu.Lock()
	q.patience = patience
	q.mu.Unlock()
	q.off.Store(!on)
	if !on {
		q.AllGo()
	}
	q.hub.Set()
}

// On reports whether anything may wait; it costs nothing.
func (q *Queue) On() bool { return q != nil && !q.off.Load() }

// AllGo has everything go on as it came.
func (q *Queue) AllGo() {
	q.mu.Lock()
	for _, m := range q.all {
		m.move(eventAllGo)
	}
	q.mu.Unlock()
	q.hub.Set()
}

// Panic has everything go on and switches breakpoints off. What is to break next is forgotten.
func (q *Queue) Panic() {
	q.off.Store(true)
	q.Forget()
	q.AllGo()
}

// Enter takes a message in, before its body is read. It is nil where the original is to pass,
// and why says so; breakpoints that are off are no reason. Size is how many bytes it holds by now.
func (q *Queue) Enter(label string, part Part, size int) (m *Message, why flow.Reason) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.off.Load():
		return nil, flow.Reason{}
	case !q.hub.Watched():
		return nil, reason.BreakUnwatched.With()
	case len(q.all) >= MaxMessages:
		return nil, reason.BreakMany.With(MaxMessages)
	}
	m = &Message{q: q, Label: label, Part: part, ID: q.lastID + 1, state: Held, decided: make(chan struct{})}
	if !m.reserve(int64(size)) {
		return nil, reason.BreakFull.With(MaxHeld)
	}
	q.lastID++
	q.all = append(q.all, m)
	return m, flow.Reason{}
}

// List is what waits, the oldest first.
func (q *Queue) List() (waiting []*Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.all {
		if m.state == Waiting {
			waiting = append(waiting, m)
		}
	}
	return waiting
}

// Waiting is how many messages wait for a person.
func (q *Queue) Waiting() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.all {
		if m.state == Waiting {
			n++
		}
	}
	return n
}

// Held is how many bytes the messages hold.
func (q *Queue) Held() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held
}
