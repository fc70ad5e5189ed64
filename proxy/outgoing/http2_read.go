package outgoing

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"posthouse/proxy/http2"
)

// errTooMuch ends a connection whose peer breaks the rules, or asks for more than is kept for it.
var errTooMuch = errors.New("outgoing: the peer asks for too much")

// read takes frames until the connection ends.
func (c *Streams) read() error {
	r := bufio.NewReaderSize(c.conn, 32<<10)
	var head [http2.HeaderSize]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		h := http2.ParseHeader(head[:])
		kept := 0 // bytes of the payload that are looked at
		switch h.Type {
		case http2.Settings, http2.Ping, http2.WindowUpdate:
			if kept = int(h.Length); h.Length > http2.MinFrame {
				return errTooMuch
			}
		case http2.GoAway:
			kept = min(int(h.Length), 8)
		}
		payload := make([]byte, kept)
		if _, err := io.ReadFull(r, payload); err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, r, int64(h.Length)-int64(kept)); err != nil {
			return err
		}
		if err := c.frame(h, payload); err != nil {
			return err
		}
	}
}

// frame acts on a frame.
func (c *Streams) frame(h http2.Header, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.wake.Signal()
	switch h.Type {
	case http2.Data, http2.Headers:
		return c.came(h)
	case http2.ResetStream:
		if s := c.streams[h.Stream]; s != nil {
			c.close(s)
		}
	case http2.GoAway:
		return c.goAway(payload)
	case http2.WindowUpdate:
		return c.granted(h, payload)
	case http2.Ping:
		if h.Has(http2.FlagAck) {
			return nil
		}
		if len(payload) != 8 || len(c.pings) >= maxPings {
			return errTooMuch
		}
		c.pings = append(c.pings, [8]byte(payload))
	case http2.Settings:
		return c.settings(h, payload)
	}
	return nil
}

// came grants anew what a DATA frame has used, and notes the end of a stream; mu is held. What
// the peer pushes is taken too.
func (c *Streams) came(h http2.Header) error {
	s := c.streams[h.Stream]
	ends := h.Has(http2.FlagEndStream)
	if h.Type == http2.Data && h.Length > 0 {
		c.grants[0] += h.Length
		if !ends && (s != nil && !s.closed || h.Stream%2 == 0) {
			c.grants[h.Stream] += h.Length
		}
		if len(c.grants) > maxGrants {
			return errTooMuch
		}
	}
	if s != nil && ends {
		if s.answered = true; s.sent {
			c.close(s)
		}
	}
	return nil
}

// goAway has no stream be opened any more; the peer has not worked on those behind the last that
// it names. mu is held.
func (c *Streams) goAway(payload []byte) error {
	if len(payload) < 8 {
		return errTooMuch
	}
	last, _ := http2.Away(payload)
	c.away = true
	for _, s := range c.streams {
		if s.number > last {
			c.close(s)
		}
	}
	if len(c.streams) == 0 {
		_ = c.conn.Close()
	}
	return nil
}

// granted takes in what the peer grants; mu is held.
func (c *Streams) granted(h http2.Header, payload []byte) error {
	if len(payload) != 4 {
		return errTooMuch
	}
	n := int64(binary.BigEndian.Uint32(payload) & http2.MaxWindow)
	if h.Stream == 0 {
		c.window += n
	} else if s := c.streams[h.Stream]; s != nil {
		s.window += n
	}
	return nil
}

// settings takes in what the peer announces; mu is held.
func (c *Streams) settings(h http2.Header, payload []byte) error {
	if h.Has(http2.FlagAck) {
		return nil
	}
	if c.acks++; c.acks > maxPings {
		return errTooMuch
	}
	err := http2.EachSetting(payload, false, func(s http2.Setting) error {
		switch s.ID {
		case http2.HeaderTableSize:
			c.encoder.Limit(s.Value)
		case http2.MaxConcurrentStreams:
			c.most = s.Value
		case http2.InitialWindowSize:
			for _, one := range c.streams {
				one.window += int64(s.Value) - c.initial
			}
			c.initial = int64(s.Value)
		case http2.MaxFrameSize:
			c.maxFrame = int64(s.Value)
		}
		return nil
	})
	select {
	case <-c.opened:
	default:
		close(c.opened)
	}
	return err
}
