package outgoing

import (
	"encoding/binary"
	"io"
	"math"
	"net"
	"slices"
	"sync"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/http2"
)

// Streams sends messages over a connection of HTTP/2 that the engine serves, each in a stream of
// its own, and grants what comes back. What answers say is the engine's affair: no field is
// read. All methods are safe for concurrent use.
type Streams struct {
	conn   net.Conn
	opened chan struct{} // closed when the peer's SETTINGS have come

	mu       sync.Mutex
	wake     *sync.Cond
	opening  []byte // what the connection begins with, until it is written
	encoder  *http2.Encoder
	streams  map[uint32]*http2Stream
	order    []*http2Stream // those that may have something to be sent, in turns
	next     uint32         // the number of the next one
	most     uint32         // streams that the peer takes at a time
	initial  int64          // bytes that it takes on a new stream
	window   int64          // bytes that it takes now on all streams
	maxFrame int64
	grants   map[uint32]uint32 // bytes to be granted, by stream; 0 is the connection
	resets   []uint32
	acks     int // SETTINGS to be acknowledged
	pings    [][8]byte
	away     bool // the peer takes no more streams
	ended    bool // nothing more is to be written
}

// http2Stream is the stream of one message. It is forgotten once it is closed and settled.
type http2Stream struct {
	number   uint32
	m        *Message
	body     io.Reader
	left     int64 // bytes of it that are to be sent
	window   int64 // bytes that the peer takes of it now
	headed   bool  // the head is sent
	sent     bool  // all is
	answered bool  // the peer has ended it
	closed   bool  // both have, or it was reset
	settled  bool  // its row has ended
}

// Bounds of what waits to be written: a peer that asks for more is left.
const (
	maxPings  = 64
	maxGrants = 4096     // streams
	maxResets = 1024     // streams
	maxHeads  = 64 << 10 // bytes of heads that are written together, or one head
)

// NewStreams is for a connection that begins as m has it. The first message is sent before Run.
func NewStreams(conn net.Conn, m *Message) *Streams {
	c := &Streams{conn: conn, opened: make(chan struct{}), opening: AppendOpening(nil, m.Stream.Opening), encoder: http2.NewEncoder(),
		streams: map[uint32]*http2Stream{}, next: m.StreamNumber(), most: math.MaxUint32, grants: map[uint32]uint32{},
		initial: http2.DefaultWindow, window: http2.DefaultWindow, maxFrame: http2.MinFrame}
	c.wake = sync.NewCond(&c.mu)
	return c
}

// Opened is closed when the peer has said what it takes.
func (c *Streams) Opened() <-chan struct{} { return c.opened }

// Send gives a message its stream, whose number begins learns before the peer does. It reports
// false where the peer takes no more streams, now or ever.
func (c *Streams) Send(m *Message, begins func(stream uint32)) (stream uint32, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.away || c.next > http2.MaxStream || c.open() >= int64(c.most) || len(c.resets) >= maxResets {
		return 0, false
	}
	s := &http2Stream{number: c.next, m: m, body: m.Body.Open(), left: m.Body.Len(), window: c.initial}
	c.next += 2
	c.streams[s.number] = s
	c.order = append(c.order, s)
	begins(s.number)
	c.wake.Signal()
	return s.number, true
}

// open is how many streams are open; mu is held.
func (c *Streams) open() (n int64) {
	for _, s := range c.streams {
		if !s.settled && !s.closed {
			n++
		}
	}
	return n
}

// Alone reports whether no stream but this one is open.
func (c *Streams) Alone(stream uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for number, s := range c.streams {
		if number != stream && !s.settled {
			return false
		}
	}
	return true
}

// Cancel calls a message off, and reports whether the peer knows of its stream.
func (c *Streams) Cancel(stream uint32) (known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[stream]
	if s == nil {
		return true
	}
	c.reset(s)
	return s.headed
}

// Settle says that the row of a message has ended: what is not sent of it will not be.
func (c *Streams) Settle(stream uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.streams[stream]; s != nil {
		s.settled = true
		if !s.sent {
			c.reset(s)
		}
		c.forget(s)
	}
}

// reset ends a stream; mu is held.
func (c *Streams) reset(s *http2Stream) {
	if s.headed && !s.closed {
		c.resets = append(c.resets, s.number)
		c.wake.Signal()
	}
	c.close(s)
}

// close notes that a stream is closed; mu is held.
func (c *Streams) close(s *http2Stream) {
	s.closed = true
	c.order = slices.DeleteFunc(c.order, func(one *http2Stream) bool { return one == s })
	c.forget(s)
}

// forget forgets a stream that is closed and settled. A connection that takes no others ends
// with the last one. mu is held.
func (c *Streams) forget(s *http2Stream) {
	if s.closed && s.settled {
		delete(c.streams, s.number)
	}
	if c.away && len(c.streams) == 0 {
		_ = c.conn.Close()
	}
}

// Close ends the connection, whatever is under way.
func (c *Streams) Close() { _ = c.conn.Close() }

// Run lasts until the connection is closed.
func (c *Streams) Run() {
	var reads sync.WaitGroup
	reads.Go(func() {
		_ = c.read()
		c.end()
	})
	if c.write() != nil {
		_ = c.conn.Close()
	}
	reads.Wait()
}

func (c *Streams) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	_ = c.conn.Close()
	c.wake.Broadcast()
}

// write writes messages and what is owed to the peer, until the connection ends.
func (c *Streams) write() error {
	piece := make([]byte, 0, http2.HeaderSize+http2.MinFrame+1<<10)
	for {
		out, s, n, ok := c.due(piece[:0])
		if !ok {
			return nil
		}
		if n > 0 {
			out = c.data(out, s, n)
		}
		if len(out) == 0 {
			continue
		}
		if _, err := c.conn.Write(out); err != nil {
			return err
		}
	}
}

// due waits for something to be written: frames, and so many bytes of the body of s that follow.
func (c *Streams) due(out []byte) (frames []byte, s *http2Stream, n int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.ended {
		out = append(out, c.opening...)
		c.opening = nil
		out = c.owed(out)
		for i := 0; i < len(c.order) && len(out) < maxHeads; {
			s := c.order[i]
			if out = c.advance(out, s); !s.closed { // and in the list still
				i++
			}
		}
		s, n = c.pick()
		if len(out) > 0 || n > 0 {
			return out, s, n, true
		}
		c.wake.Wait()
	}
	return nil, nil, 0, false
}

// advance appends what of a message is next beside its body; mu is held.
func (c *Streams) advance(out []byte, s *http2Stream) []byte {
	trailer := len(s.m.Trailer) > 0
	if !s.headed {
		s.headed, s.sent = true, s.left == 0 && !trailer
		out = c.head(out, s)
	}
	if !s.sent && s.left == 0 && trailer {
		s.sent = true
		h := http2.Header{Type: http2.Headers, Flags: http2.FlagEndStream, Stream: s.number}
		out = c.section(out, h, new(http2.Fragment), ParseFields(s.m.Trailer, 0))
	}
	if s.sent && s.answered {
		c.close(s)
	}
	return out
}

// head appends the head of a message, with what says how urgent it is.
func (c *Streams) head(out []byte, s *http2Stream) []byte {
	h := http2.Header{Type: http2.Headers, Stream: s.number}
	var f http2.Fragment
	if p := s.m.Stream.Priority; p != "" {
		if f.Priority = priorityBytes(p); f.Priority != nil {
			h.Flags |= http2.FlagHasPriority
			if binary.BigEndian.Uint32(f.Priority)&http2.MaxStream == s.number { // it was another stream's
				binary.BigEndian.PutUint32(f.Priority, 0)
			}
		} else {
			out = http2.AppendPriorityUpdate(out, s.number, p)
		}
	}
	if s.sent {
		h.Flags |= http2.FlagEndStream
	}
	return c.section(out, h, &f, s.m.Fields)
}

func (c *Streams) section(out []byte, h http2.Header, f *http2.Fragment, fields []Field) []byte {
	for _, field := range fields {
		c.encoder.Field(hpack.HeaderField{Name: field.Name, Value: field.Value, Sensitive: field.NeverIndexed})
	}
	return c.encoder.Append(out, h, f, http2.MinFrame)
}

// pick is the stream whose turn it is to send n bytes of its body, nil for none; mu is held.
func (c *Streams) pick() (s *http2Stream, n int64) {
	for i, s := range c.order {
		if n = min(s.left, s.window, c.window, c.maxFrame, http2.MinFrame); n > 0 && s.headed {
			c.order = append(slices.Delete(c.order, i, i+1), s)
			s.left -= n
			s.window -= n
			c.window -= n
			return s, n
		}
	}
	return nil, 0
}

// data appends the next n bytes of a body. A stream whose body cannot be read ends. All is sent once the last of
// them are there, and not before: the peer may end its side while they are read.
func (c *Streams) data(out []byte, s *http2Stream, n int64) []byte {
	before := len(out)
	h := http2.Header{Length: uint32(n), Type: http2.Data, Stream: s.number}
	last := s.left == 0 && len(s.m.Trailer) == 0
	if last {
		h.Flags = http2.FlagEndStream
	}
	out = h.Append(out)
	at := len(out)
	out = append(out, make([]byte, n)...)
	_, err := io.ReadFull(s.body, out[at:])
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		c.window += n
		c.reset(s)
		return out[:before]
	case s.closed: // meanwhile, and nothing may follow its end
		c.window += n
		return out[:before]
	default:
		if s.sent = last; last && s.answered {
			c.close(s)
		}
	}
	return out
}

// owed appends the frames that answer what came; mu is held.
func (c *Streams) owed(out []byte) []byte {
	for ; c.acks > 0; c.acks-- {
		out = http2.Header{Type: http2.Settings, Flags: http2.FlagAck}.Append(out)
	}
	for _, ping := range c.pings {
		out = append(http2.Header{Length: 8, Type: http2.Ping, Flags: http2.FlagAck}.Append(out), ping[:]...)
	}
	c.pings = c.pings[:0]
	for _, stream := range c.resets {
		out = http2.AppendReset(out, stream, http2.Cancel)
	}
	c.resets = c.resets[:0]
	for stream, n := range c.grants {
		out = http2.AppendWindowUpdate(out, stream, n)
	}
	clear(c.grants)
	return out
}
