package outgoing

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/http2"
)

// http2Client sends one request over a connection of HTTP/2 that the engine serves, and
// grants what comes back. What the answer says is the engine's affair: no field is read.
type http2Client struct {
	conn   net.Conn
	m      *Message
	stream uint32
	body   io.Reader
	left   int64 // bytes of the body that are to be sent

	mu       sync.Mutex
	wake     *sync.Cond
	initial  int64 // bytes that the peer takes on a new stream
	window   int64 // bytes that it takes now on all streams
	ours     int64 // and on this one
	maxFrame int64
	grants   [2]uint32 // bytes to be granted: to the connection, to the stream
	acks     int       // SETTINGS to be acknowledged
	pings    [][8]byte
	ended    bool // nothing more is to be written
}

// maxPings bounds the answers that wait to be written: a peer that asks for more is left.
const maxPings = 64

func newHTTP2Client(conn net.Conn, m *Message) *http2Client {
	c := &http2Client{conn: conn, m: m, stream: m.StreamNumber(), body: m.Body.Open(), left: m.Body.Len(),
		initial: http2.DefaultWindow, window: http2.DefaultWindow, ours: http2.DefaultWindow, maxFrame: http2.MinFrame}
	c.wake = sync.NewCond(&c.mu)
	return c
}

// run lasts until the connection is closed.
func (c *http2Client) run() {
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

func (c *http2Client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.wake.Broadcast()
}

// request is the opening and the head, as frames.
func (c *http2Client) request() []byte {
	b := AppendOpening(nil, c.m.Stream.Opening)
	h := http2.Header{Type: http2.Headers, Stream: c.stream}
	var f http2.Fragment
	if p := c.m.Stream.Priority; p != "" {
		if f.Priority = priorityBytes(p); f.Priority != nil {
			h.Flags |= http2.FlagHasPriority
		} else {
			b = http2.Header{Length: uint32(4 + len(p)), Type: http2.PriorityUpdate}.Append(b)
			b = append(binary.BigEndian.AppendUint32(b, c.stream), p...)
		}
	}
	if c.left == 0 && len(c.m.Trailer) == 0 {
		h.Flags |= http2.FlagEndStream
	}
	return appendFields(b, h, &f, c.m.Fields)
}

func appendFields(b []byte, h http2.Header, f *http2.Fragment, fields []Field) []byte {
	e := http2.NewEncoder()
	for _, field := range fields {
		e.Field(hpack.HeaderField{Name: field.Name, Value: field.Value, Sensitive: field.NeverIndexed})
	}
	return e.Append(b, h, f, http2.MinFrame)
}

// write writes the request and what is owed to the peer, until the connection ends.
func (c *http2Client) write() error {
	if _, err := c.conn.Write(c.request()); err != nil {
		return err
	}
	open := c.left > 0 || len(c.m.Trailer) > 0
	piece := make([]byte, 0, http2.HeaderSize+http2.MinFrame+1<<10)
	for {
		if open && c.left == 0 {
			open = false
			if err := c.writeTrailer(); err != nil {
				return err
			}
		}
		out, data, ok := c.next(piece[:0])
		if !ok {
			return nil
		}
		if data > 0 {
			h := http2.Header{Length: uint32(data), Type: http2.Data, Stream: c.stream}
			if c.left -= data; c.left == 0 && len(c.m.Trailer) == 0 {
				h.Flags = http2.FlagEndStream
			}
			out = h.Append(out)
			at := len(out)
			out = append(out, make([]byte, data)...)
			if _, err := io.ReadFull(c.body, out[at:]); err != nil {
				return err
			}
		}
		if _, err := c.conn.Write(out); err != nil {
			return err
		}
	}
}

func (c *http2Client) writeTrailer() error {
	if len(c.m.Trailer) == 0 {
		return nil
	}
	h := http2.Header{Type: http2.Headers, Flags: http2.FlagEndStream, Stream: c.stream}
	_, err := c.conn.Write(appendFields(nil, h, new(http2.Fragment), ParseFields(c.m.Trailer, 0)))
	return err
}

// next waits for something to be written: frames of the connection, and how many bytes of
// the body may follow them.
func (c *http2Client) next(out []byte) (frames []byte, data int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.ended {
			return nil, 0, false
		}
		out = c.owed(out)
		data = max(min(c.left, c.window, c.ours, c.maxFrame, http2.MinFrame), 0)
		if len(out) > 0 || data > 0 {
			c.window -= data
			c.ours -= data
			return out, data, true
		}
		c.wake.Wait()
	}
}

// owed appends the frames that answer what came; mu is held.
func (c *http2Client) owed(out []byte) []byte {
	for ; c.acks > 0; c.acks-- {
		out = http2.Header{Type: http2.Settings, Flags: http2.FlagAck}.Append(out)
	}
	for _, ping := range c.pings {
		out = append(http2.Header{Length: 8, Type: http2.Ping, Flags: http2.FlagAck}.Append(out), ping[:]...)
	}
	c.pings = c.pings[:0]
	for i, n := range c.grants {
		if n > 0 {
			out = http2.AppendWindowUpdate(out, c.stream*uint32(i), n)
		}
	}
	c.grants = [2]uint32{}
	return out
}

var errPings = errors.New("outgoing: the peer asks for too much")

// read takes frames until the connection ends.
func (c *http2Client) read() error {
	r := bufio.NewReaderSize(c.conn, 32<<10)
	var head [http2.HeaderSize]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		h := http2.ParseHeader(head[:])
		switch h.Type {
		case http2.Settings, http2.Ping, http2.WindowUpdate:
			if h.Length > http2.MinFrame {
				return errPings
			}
			payload := make([]byte, h.Length)
			if _, err := io.ReadFull(r, payload); err != nil {
				return err
			}
			if err := c.control(h, payload); err != nil {
				return err
			}
		default:
			if _, err := io.CopyN(io.Discard, r, int64(h.Length)); err != nil {
				return err
			}
			if h.Type == http2.Data {
				c.took(h)
			}
		}
	}
}

// took grants anew what a DATA frame has used.
func (c *http2Client) took(h http2.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grants[0] += h.Length
	if h.Stream == c.stream && !h.Has(http2.FlagEndStream) {
		c.grants[1] += h.Length
	}
	c.wake.Signal()
}

// control takes a frame that says how to go on.
func (c *http2Client) control(h http2.Header, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.wake.Signal()
	switch h.Type {
	case http2.WindowUpdate:
		if len(payload) != 4 {
			return errPings
		}
		n := int64(binary.BigEndian.Uint32(payload) & http2.MaxWindow)
		switch h.Stream {
		case 0:
			c.window += n
		case c.stream:
			c.ours += n
		}
	case http2.Ping:
		if h.Has(http2.FlagAck) {
			return nil
		}
		if len(payload) != 8 || len(c.pings) >= maxPings {
			return errPings
		}
		c.pings = append(c.pings, [8]byte(payload))
	case http2.Settings:
		if h.Has(http2.FlagAck) {
			return nil
		}
		if c.acks++; c.acks > maxPings {
			return errPings
		}
		return http2.EachSetting(payload, false, func(s http2.Setting) error {
			switch s.ID {
			case http2.InitialWindowSize:
				c.ours += int64(s.Value) - c.initial
				c.initial = int64(s.Value)
			case http2.MaxFrameSize:
				c.maxFrame = int64(s.Value)
			}
			return nil
		})
	}
	return nil
}
