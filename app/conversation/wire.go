package conversation

import (
	"errors"
	"io"
	"strconv"
	"time"

	"posthouse/proxy/reason"
	"posthouse/proxy/websocket"
)

// errClosed ends the reading of messages: the other side says no more.
var errClosed = errors.New("the other side has closed")

// read reads messages until the connection ends.
func (c *Conversation) read(conn io.Reader, params *websocket.Deflate) {
	r := websocket.NewReader(conn, params)
	r.Keep, r.Control = MaxKept, c.control
	for {
		m, err := r.Next()
		if err == nil {
			c.add(Entry{Message: m, At: time.Now()})
			continue
		}
		var fault *websocket.Error
		switch {
		case err == errClosed:
		case errors.As(err, &fault):
			c.fail(fault)
		default:
			c.lost(err)
			return
		}
		_, _ = io.Copy(io.Discard, conn) // the server ends the connection (RFC 6455 section 7.1.1), or supervise does
		return
	}
}

// control takes a control frame.
func (c *Conversation) control(m websocket.Message) error {
	e := Entry{Message: m, At: time.Now()}
	switch m.Opcode {
	case websocket.Ping:
		c.add(e)
		c.mu.Lock()
		c.pong = &outbound{websocket.Pong, m.Data} // the last one is answered (RFC 6455 section 5.5.3)
		c.wake.Signal()
		c.mu.Unlock()
	case websocket.Pong:
		c.mu.Lock()
		if string(m.Data) == strconv.Itoa(c.pings) && c.pings > 0 {
			e.Took = max(e.At.Sub(c.pinged), 1)
		}
		c.mu.Unlock()
		c.add(e)
	case websocket.Close:
		c.add(e)
		c.answerClose(m.Data)
		return errClosed
	}
	return nil
}

// answerClose answers the other side's close, unless it answers ours.
func (c *Conversation) answerClose(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Phase != Open {
		return
	}
	code, text := websocket.CloseText(payload)
	c.state.Closed = &ClosedBy{Them: true, Code: code, Text: text}
	c.drop()
	c.close(payload[:min(len(payload), 2)], closeWait)
}

// fail ends a connection whose other side broke the protocol.
func (c *Conversation) fail(fault *websocket.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Problem = fault; c.state.Phase == Open {
		c.drop()
		c.close([]byte{byte(fault.Code >> 8), byte(fault.Code)}, failWait)
	}
}

// lost says why a connection ended that nobody closed.
func (c *Conversation) lost(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Phase != Open {
		return
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = reason.New(reason.SocketCut)
	case errors.Is(err, io.EOF):
		err = reason.New(reason.SocketEnded)
	}
	c.state.Problem = err
}

// write writes what is to be sent until nothing more is.
func (c *Conversation) write(conn io.WriteCloser, params *websocket.Deflate) {
	w := websocket.NewWriter(conn, params)
	for {
		o, ok := c.next()
		if !ok {
			return
		}
		now := time.Now()
		if o.opcode == websocket.Ping {
			c.mu.Lock()
			c.pings, c.pinged = c.pings+1, now
			o.data = []byte(strconv.Itoa(c.pings))
			c.mu.Unlock()
		}
		size := int64(len(o.data))
		m := websocket.Message{Opcode: o.opcode, Data: o.data, Size: size, Wire: size, Frames: 1}
		n := c.add(Entry{Message: m, At: now, Sent: true})
		wire, deflated, err := w.Write(o.opcode, o.data)
		c.written(n, func(e *Entry) { e.Wire, e.Deflated, e.Failed = int64(wire), deflated, err != nil })
		if err != nil {
			_ = conn.Close() // the reading ends too
			return
		}
	}
}

// written says how an entry was sent, if it is still kept.
func (c *Conversation) written(n uint64, how func(*Entry)) {
	c.mu.Lock()
	if at := n - c.state.First; n >= c.state.First && at < uint64(len(c.entries)) {
		how(&c.entries[at])
	}
	c.mu.Unlock()
	c.Changed.Set()
}

// next waits for something to be sent: the answer to a ping first.
func (c *Conversation) next() (o outbound, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.stopped:
			return o, false
		case c.pong != nil:
			o, c.pong = *c.pong, nil
			return o, true
		case len(c.queue) > 0:
			o = c.queue[0]
			c.queue = c.queue[1:]
			c.queued -= len(o.data)
			return o, true
		}
		c.wake.Wait()
	}
}

// Ping asks the other side for a sign; the entry of its pong says how long it took.
func (c *Conversation) Ping() error { return c.enqueue(outbound{opcode: websocket.Ping}) }
