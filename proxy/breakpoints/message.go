package breakpoints

import (
	"slices"
	"time"

	"posthouse/proxy/flow"
)

// Part says which message of an exchange breaks. It is a set.
type Part uint8

const (
	Request Part = 1 << iota
	Response
	Both = Request | Response
)

// Has reports whether a part is in the set.
func (p Part) Has(one Part) bool { return p&one != 0 }

// Content is what is seen of a message that waits. It is not changed once it is shown.
type Content struct {
	Row    flow.Row // of its exchange, as far as it is known; its ID is 0 where it is not recorded
	Head   []byte   // the head as it would go on; of HTTP/2 a field a line, those with a colon first
	Body   []byte   // all of the content, in its codings and without its framing; nil where Behind says why
	Behind flow.Reason

	// Check says why an edit cannot be sent; nil: none can. It is called on the goroutine of who
	// decides, also after the message has left.
	Check func(*Edit) flow.Reason
	// CanRaw says that an edit may be sent as it is, whatever it means.
	CanRaw bool
}

// Edit is what a person has made of a message, or answers to it.
type Edit struct {
	Head    []byte
	Body    []byte // content in its codings, where NewBody
	NewBody bool   // else the body stays as it came
	Raw     bool   // the head goes as it is, unchecked, and so does a new body
	Answer  bool   // it is an answer in place of the origin's
}

// size is how many bytes an edit holds.
func (e *Edit) size() int64 { return int64(len(e.Head) + len(e.Body)) }

// Message is one that waits, or has waited.
type Message struct {
	Content
	ID    uint64    // in the order in which they entered, from 1
	Label string    // of the breakpoint: the name of its rule, or its condition
	Part  Part      // Request or Response
	Since time.Time // when it was shown; zero where it was decided before
	Until time.Time // when it goes on by itself

	q       *Queue
	decided chan struct{}

	// Guarded by q.mu.
	state    State
	edit     Edit
	size     int64 // of what it holds
	timer    *time.Timer
	released bool
}

// Waited is how long the message has waited for a person.
func (m *Message) Waited() time.Duration {
	if m.Since.IsZero() {
		return 0
	}
	return time.Since(m.Since)
}

// Reserve holds n more bytes for the message. It reports whether there is room.
func (m *Message) Reserve(n int64) bool {
	m.q.mu.Lock()
	defer m.q.mu.Unlock()
	return m.reserve(n)
}

func (m *Message) reserve(n int64) bool {
	if m.released || m.q.held+n > MaxHeld {
		return false
	}
	m.size += n
	m.q.held += n
	return true
}

// Show has the message wait: from now on it is seen, and its time runs.
func (m *Message) Show(c Content) {
	q := m.q
	q.mu.Lock()
	shown := m.state == Held // or it was decided meanwhile, and may be read by who was told
	if shown {
		m.Content = c
		m.Since = time.Now()
		m.Until = m.Since.Add(q.patience)
		m.move(eventShow)
		m.timer = time.AfterFunc(q.patience, func() { m.happen(eventLate) })
	}
	q.mu.Unlock()
	if shown {
		q.hub.Set()
	}
}

// Decided is closed when the message no longer waits.
func (m *Message) Decided() <-chan struct{} { return m.decided }

// Settle says what was decided. Where nothing was, as is the reason: Left or Stopped.
func (m *Message) Settle(as State) (State, *Edit) {
	ev := eventLeft
	if as == Stopped {
		ev = eventStop
	}
	m.happen(ev)
	return m.State(), &m.edit
}

// Release gives back what the message holds, once it has been sent. It may be called twice.
func (m *Message) Release() {
	q := m.q
	q.mu.Lock()
	defer q.mu.Unlock()
	m.move(eventLeft)
	q.held -= m.size
	m.size, m.released = 0, true
	q.all = slices.DeleteFunc(q.all, func(o *Message) bool { return o == m })
}

// State is where the message is now.
func (m *Message) State() State {
	m.q.mu.Lock()
	defer m.q.mu.Unlock()
	return m.state
}

// Go has the message go on as it was edited. The error is an *Unsendable that says what is wrong
// with the edit, ErrFull, or ErrDecided.
func (m *Message) Go(e Edit) error {
	e.Answer = false
	return m.decide(eventGo, e)
}

// Answer answers a request in place of its origin; the errors are those of Go.
func (m *Message) Answer(e Edit) error {
	if m.Part != Request {
		return ErrDecided
	}
	e.Answer, e.Raw, e.NewBody = true, false, true
	return m.decide(eventAnswer, e)
}

// GoUnchanged has the message go on as it came; the error is ErrDecided.
func (m *Message) GoUnchanged() error { return decided(m.happen(eventUnchanged)) }

// Abort resets the client's connection or stream; the error is ErrDecided.
func (m *Message) Abort() error { return decided(m.happen(eventAbort)) }

func (m *Message) decide(ev event, e Edit) error {
	if m.State() != Waiting {
		return ErrDecided
	}
	if len(e.Body) > MaxNewBody {
		return ErrFull
	}
	if m.Check == nil {
		return ErrDecided
	}
	if why := m.Check(&e); !why.IsZero() {
		return &Unsendable{why}
	}
	q := m.q
	q.mu.Lock()
	if m.state != Waiting {
		q.mu.Unlock()
		return ErrDecided
	}
	if !m.reserve(e.size()) {
		q.mu.Unlock()
		return ErrFull
	}
	m.edit = e
	m.move(ev)
	q.mu.Unlock()
	q.hub.Set()
	return nil
}

// happen has an event happen; it reports whether that changed anything.
func (m *Message) happen(ev event) bool {
	m.q.mu.Lock()
	moved := m.move(ev)
	m.q.mu.Unlock()
	if moved {
		m.q.hub.Set()
	}
	return moved
}

// move follows the table of states; q.mu is held.
func (m *Message) move(ev event) bool {
	next := transitions[m.state][ev]
	if next == none {
		return false
	}
	if m.state == Waiting {
		m.timer.Stop()
	}
	m.state = next
	if next != Waiting {
		close(m.decided)
	}
	return true
}

func decided(moved bool) error {
	if moved {
		return nil
	}
	return ErrDecided
}
