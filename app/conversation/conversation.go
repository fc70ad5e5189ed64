// Package conversation holds WebSocket connections that a person opens: it has the engine send
// the handshake, checks the answer, sends messages, and remembers those of both directions.
//
// A Conversation remembers at most MaxEntries messages and MaxLog bytes, the oldest going first,
// and of one message at most MaxKept bytes; what is longer is counted. Pings are answered. All
// methods but Run are safe for concurrent use and wait for nothing; Run waits for all that it started.
package conversation

import (
	"context"
	"io"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
	"posthouse/proxy/signal"
	"posthouse/proxy/websocket"
)

// Bounds, in bytes where nothing else is said.
const (
	MaxEntries = 5000     // messages that are remembered
	MaxLog     = 4 << 20  // what is kept of all of them
	MaxKept    = 1 << 20  // what is kept of one
	MaxMessage = 16 << 20 // that is sent
	maxQueue   = 64       // messages that wait to be sent
	maxQueued  = 2 * MaxMessage
)

// How long the other side has to answer a close before the connection is cut.
const (
	closeWait = 5 * time.Second
	failWait  = time.Second            // where it broke the protocol
	leaveWait = 500 * time.Millisecond // where the person leaves
)

// Phase is how far a conversation is.
type Phase uint8

const (
	Connecting Phase = iota
	Open
	Closing // one side has said that it closes
	Ended
)

// Entry is a message of either side, or a control frame.
type Entry struct {
	websocket.Message
	At     time.Time
	Sent   bool          // by us
	Failed bool          // it was not sent to its end
	Took   time.Duration // of a pong: since its ping; 0 for none of ours
}

// ClosedBy says who closed first, and how.
type ClosedBy struct {
	Them bool
	Code uint16 // websocket.CloseNone where none was said
	Text []byte // may be no UTF-8
}

// State is how a conversation stands.
type State struct {
	Phase          Phase
	Opened         bool // the handshake was one
	Agreed         websocket.Agreement
	Closed         *ClosedBy // nil where nobody closed
	Problem        error     // why it is over where nobody closed; nil for none
	Sent, Received int       // messages
	First, Next    uint64    // the numbers of the entries that are kept: from First, before Next
	Waiting        int       // messages that wait to be sent
	Unsent         int       // messages that waited when it was closed
}

// outbound is what waits to be sent.
type outbound struct {
	opcode websocket.Opcode
	data   []byte
}

// Conversation is one connection. See New.
type Conversation struct {
	Changed signal.Slot // is set when there is something new

	mu      sync.Mutex
	wake    *sync.Cond // something is to be written, or nothing more
	state   State
	entries []Entry
	size    int // what the entries hold
	queue   []outbound
	queued  int // bytes in it
	pong    *outbound
	pings   int
	pinged  time.Time // when the last ping was sent
	stopped bool      // nothing more is written
	wait    time.Duration
	closing chan struct{} // closed when a close is to be sent
	over    chan struct{} // closed when nothing more is read
}

// New makes a conversation that has not begun.
func New() *Conversation {
	c := &Conversation{Changed: signal.NewSlot(), closing: make(chan struct{}), over: make(chan struct{})}
	c.wake = sync.NewCond(&c.mu)
	return c
}

// Send is what a conversation has a message sent by: the engine.
type Send = func(context.Context, outgoing.Message) (*outgoing.Sending, error)

// Run sends the handshake and lasts until the connection has ended; it is called once. begun
// is told the row when there is one. What is under way ends with ctx: a connection is closed,
// for which the other side has half a second.
func (c *Conversation) Run(ctx context.Context, send Send, m outgoing.Message, begun func(flow.ID)) (outgoing.Result, error) {
	defer c.finish()
	sending, err := send(context.WithoutCancel(ctx), m)
	if err != nil {
		return outgoing.Result{}, err
	}
	select {
	case <-sending.Begun():
	case <-ctx.Done():
	}
	if id := sending.ID(); id != 0 {
		begun(id)
	}
	select {
	case up, ok := <-sending.Upgraded():
		if ok {
			c.hold(ctx, &m, up)
		}
	case <-ctx.Done():
		sending.Cancel()
	}
	return sending.Wait(), nil
}

// hold holds a connection until it has ended.
func (c *Conversation) hold(ctx context.Context, m *outgoing.Message, up outgoing.Upgraded) {
	defer func() { _ = up.Close() }()
	agreed, err := websocket.Check(fieldsOf(m.Head), fieldsOf(up.Head))
	if err != nil {
		c.set(func(s *State) { s.Problem = err })
		return
	}
	c.set(func(s *State) { s.Phase, s.Opened, s.Agreed = Open, true, agreed })
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { c.write(up, agreed.Deflate) })
	others.Go(func() { c.supervise(ctx, up) })
	c.read(up, agreed.Deflate)
	close(c.over)
	c.finish()
	_ = up.Close()
}

func fieldsOf(head []byte) websocket.Fields {
	return func(name string) []string { return outgoing.HeadValues(head, name) }
}

// set changes the state.
func (c *Conversation) set(change func(*State)) {
	c.mu.Lock()
	change(&c.state)
	c.mu.Unlock()
	c.Changed.Set()
}

// finish ends the writing too.
func (c *Conversation) finish() {
	c.mu.Lock()
	c.state.Phase, c.stopped = Ended, true
	c.drop()
	c.wake.Broadcast()
	c.mu.Unlock()
	c.Changed.Set()
}

// drop forgets what waits to be sent; mu is held.
func (c *Conversation) drop() {
	for _, o := range c.queue {
		if !o.opcode.Control() {
			c.state.Unsent++
		}
	}
	c.queue, c.queued = nil, 0
}

// State is how it stands now.
func (c *Conversation) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.state
	s.Next = s.First + uint64(len(c.entries))
	s.Waiting = len(c.queue)
	return s
}

// Entry is the entry with a number, if it is still kept. Its bytes do not change.
func (c *Conversation) Entry(n uint64) (Entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n < c.state.First || n-c.state.First >= uint64(len(c.entries)) {
		return Entry{}, false
	}
	return c.entries[n-c.state.First], true
}

// Clear forgets the messages that are remembered.
func (c *Conversation) Clear() {
	c.mu.Lock()
	c.state.First += uint64(len(c.entries))
	c.entries, c.size = nil, 0
	c.mu.Unlock()
	c.Changed.Set()
}

// entrySize is what an entry takes beside its bytes, about.
const entrySize = 128

// add remembers an entry, and returns its number.
func (c *Conversation) add(e Entry) uint64 {
	e.Data = append(make([]byte, 0, min(len(e.Data), MaxKept)), e.Data[:min(len(e.Data), MaxKept)]...)
	c.mu.Lock()
	defer c.Changed.Set()
	defer c.mu.Unlock()
	switch {
	case e.Opcode.Control():
	case e.Sent:
		c.state.Sent++
	default:
		c.state.Received++
	}
	c.entries = append(c.entries, e)
	c.size += len(e.Data) + entrySize
	for len(c.entries) > MaxEntries || c.size > MaxLog {
		c.size -= len(c.entries[0].Data) + entrySize
		c.entries[0] = Entry{}
		c.entries = c.entries[1:]
		c.state.First++
	}
	return c.state.First + uint64(len(c.entries)) - 1
}

// Say sends a text or a binary message when those before it are sent.
func (c *Conversation) Say(opcode websocket.Opcode, data []byte) error {
	if len(data) > MaxMessage {
		return reason.New(reason.SocketLong, MaxMessage)
	}
	return c.enqueue(outbound{opcode, data})
}

func (c *Conversation) enqueue(o outbound) error {
	c.mu.Lock()
	defer c.Changed.Set()
	defer c.mu.Unlock()
	switch {
	case c.state.Phase != Open:
		return reason.New(reason.SocketShut)
	case len(c.queue) >= maxQueue, c.queued+len(o.data) > maxQueued:
		return reason.New(reason.SocketQueue, maxQueue, maxQueued)
	}
	c.queue = append(c.queue, o)
	c.queued += len(o.data)
	c.wake.Signal()
	return nil
}

// Close sends a close with a code and a reason, websocket.CloseNone and "" for none, and ends the
// connection when the other side has answered, or has not within 5 s.
func (c *Conversation) Close(code uint16, text string) error {
	payload, err := websocket.ClosePayload(code, text)
	if err != nil {
		return reason.New(reason.SocketText)
	}
	c.mu.Lock()
	defer c.Changed.Set()
	defer c.mu.Unlock()
	if c.state.Phase != Open {
		return reason.New(reason.SocketShut)
	}
	c.state.Closed = &ClosedBy{Code: code, Text: []byte(text)}
	c.close(payload, closeWait)
	return nil
}

// close has a close be sent behind what waits; mu is held.
func (c *Conversation) close(payload []byte, wait time.Duration) {
	c.state.Phase, c.wait = Closing, wait
	c.queue = append(c.queue, outbound{websocket.Close, payload})
	c.wake.Signal()
	close(c.closing)
}

// supervise cuts a connection that is to be closed and does not end.
func (c *Conversation) supervise(ctx context.Context, conn io.Closer) {
	select {
	case <-c.over:
		return
	case <-c.closing:
	case <-ctx.Done():
		_ = c.Close(websocket.CloseLeaving, "")
	}
	c.mu.Lock()
	wait := c.wait
	c.mu.Unlock()
	for left := ctx.Done(); ; {
		if ctx.Err() != nil {
			wait, left = leaveWait, nil
		}
		late := time.NewTimer(wait)
		select {
		case <-c.over:
		case <-late.C:
			_ = conn.Close()
		case <-left:
			late.Stop()
			continue
		}
		late.Stop()
		return
	}
}
