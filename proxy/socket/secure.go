package socket

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// ErrTruncated says that a TLS peer ended the connection without saying so in
// TLS (close_notify, RFC 8446 section 6.1): somebody may have cut the end off.
var ErrTruncated = errors.New("the connection ended without a TLS close_notify")

// errDry tells the TLS layer that no bytes have arrived. It is temporary, so
// that the layer goes on where it was when it is asked again.
var errDry net.Error = dry{}

type dry struct{}

func (dry) Error() string   { return "socket: no bytes have arrived" }
func (dry) Timeout() bool   { return true }
func (dry) Temporary() bool { return true }

// TLS is what is needed of a TLS connection: a tls.Conn towards clients and upstream
// proxies, a utls.UConn towards origins.
type TLS interface {
	net.Conn
	CloseWrite() error
	Handshake() error
	HandshakeContext(context.Context) error
}

// layer is what the TLS layer above a connection reads from and writes to.
// Ciphertext is read into the lower connection's pooled buffer, so that an idle
// TLS connection holds none either; the records of one write leave in one piece.
type layer struct {
	under   *Conn
	tls     TLS
	waits   bool        // Read waits for bytes; else it returns errDry. The reader's alone
	again   bool        // another handshake began while it did not wait
	dry     bool        // the library has no plaintext, and gets none without more bytes
	record  record      // where what the library was given ends
	stopped atomic.Bool // between Interrupt and Resume

	handshook atomic.Bool // the first handshake is done
	tail      [7]byte     // the last bytes read while it waited

	mu       sync.Mutex // for what follows: a reader may have to write an alert
	gather   bool       // a Write is under way: its records are joined
	gathered []byte

	asked *buffer     // records that the connection below is to ask, nil for none; the owner's alone
	wrote func(error) // what is to be told of them
	told  func(error) // tells it, made once
}

// gatherLimit is how many bytes of records are joined before they are written.
const gatherLimit = LargeBuffer

var gathering = sync.Pool{New: func() any { return &buffer{make([]byte, 0, gatherLimit+2<<10)} }}

// Secure puts TLS above c. make gets the transport to build a TLS connection on; c
// itself must no longer be read, written or released, only aborted. The
// handshake is the caller's to run, with Handshake.
func Secure[T TLS](c *Conn, make func(net.Conn) T) *Conn {
	l := &layer{under: c, waits: true}
	l.tls = make(l)
	s := &Conn{Conn: &secured{l}, tcp: c.tcp, raw: c.raw, layer: l}
	s.poller.init(s)
	return s
}

// TLS is the TLS connection, nil for a plain one.
func (c *Conn) TLS() TLS {
	if c.layer == nil {
		return nil
	}
	return c.layer.tls
}

// Handshook says that the handshake is done and that c is read with Fill from
// now on. A connection whose TLS is read by somebody else is left without it.
func (c *Conn) Handshook() {
	if c.layer != nil {
		c.layer.waits = false
		c.layer.handshook.Store(true)
	}
}

// Drop closes the connection without a close_notify, so that the peer sees an
// end as bare as the one that is passed on to it.
func (c *Conn) Drop() error {
	if c.layer == nil {
		return c.Conn.Close()
	}
	return c.layer.under.Conn.Close()
}

// Quiet reports whether nothing waits on an idle connection but what TLS sends
// for itself, such as session tickets, which it takes in. Nothing else may read.
func (c *Conn) Quiet() bool {
	for {
		look := c.Look()
		switch {
		case len(c.Buffered()) > 0 || look.Broken:
			return false
		case c.layer == nil:
			return !look.Readable
		case look.Readable && c.layer.under.Fill() != nil:
			return false
		case c.layer.parched():
			return true
		}
		if c.buf == nil {
			c.buf = getBuffer(c.bulk)
		}
		n, err := c.layer.read(c.buf.b)
		c.w = n
		c.Release()
		if n > 0 || err != errDry {
			return false
		}
		if !look.Readable {
			return true // and behind what was taken in there is nothing more
		}
	}
}

// fillSecure reads plaintext to the end of the buffer, all that has arrived.
func (c *Conn) fillSecure() error {
	l := c.layer
	for {
		err := error(errDry)
		if !l.parched() {
			var got int
			if got, err = c.decrypt(); got > 0 {
				return nil // an error comes again
			}
		}
		c.Release()
		if err == nil {
			continue // an empty record
		}
		if err != errDry {
			return err
		}
		if err := l.under.Fill(); err == io.EOF {
			return ErrTruncated
		} else if err != nil {
			return err
		}
	}
}

// decrypt reads the plaintext of what has arrived, as far as the buffer takes it.
func (c *Conn) decrypt() (got int, err error) {
	if c.buf == nil {
		c.buf = getBuffer(c.bulk)
	}
	for c.w < len(c.buf.b) {
		var n int
		n, err = c.layer.read(c.buf.b[c.w:])
		c.w += n
		got += n
		if err != nil || len(c.layer.under.Buffered()) == 0 {
			break
		}
	}
	return got, err
}

// parched reports whether there is no plaintext before more bytes arrive. What is not known is not claimed.
func (l *layer) parched() bool { return l.dry && len(l.under.Buffered()) == 0 }

// read reads plaintext. Up to TLS 1.2 an origin may ask for another handshake meanwhile,
// which is read to its end.
func (l *layer) read(p []byte) (int, error) {
	n, err := l.tls.Read(p)
	l.dry = !l.waits && (err == errDry || err == nil && n > 0 && n < len(p))
	if l.again {
		l.again, l.waits = false, false
	}
	return n, err
}

// Read, Write and the rest of layer are what the TLS library calls.
func (l *layer) Read(p []byte) (int, error) {
	u := l.under
	if len(u.Buffered()) == 0 {
		if !l.waits {
			return 0, errDry
		}
		if err := u.Fill(); err != nil {
			return 0, err
		}
	}
	b := u.Buffered()
	n := copy(p, b[:l.record.next(b[:min(len(b), len(p))])])
	u.Discard(n)
	if l.waits {
		l.keepTail(p[:n])
	}
	return n, nil
}

func (l *layer) keepTail(p []byte) {
	p = p[max(0, len(p)-len(l.tail)):]
	copy(l.tail[:], l.tail[len(p):])
	copy(l.tail[len(l.tail)-len(p):], p)
}

// PlainAlert is the alert that a peer sent in the clear as the last thing of its
// handshake. With TLS 1.3 some (OpenSSL) do so when they refuse a certificate,
// and crypto/tls, which expects it encrypted, can only say that it is garbled.
func (c *Conn) PlainAlert() (code uint8, ok bool) {
	if c.layer == nil {
		return 0, false
	}
	t := &c.layer.tail
	const alertRecord, fatal = 21, 2
	return t[6], t[0] == alertRecord && t[1] == 3 && t[3] == 0 && t[4] == 2 && t[5] == fatal
}

func (l *layer) Write(p []byte) (int, error) {
	const handshakeRecord = 22
	if !l.handshook.Load() || len(p) == 0 || p[0] != handshakeRecord {
		return l.write(p)
	}
	l.again, l.waits = true, true // only who reads writes one
	return l.write(p)
}

func (l *layer) write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gather {
		return l.under.Write(p)
	}
	if len(l.gathered)+len(p) > gatherLimit+2<<10 {
		if err := l.flush(); err != nil {
			return 0, err
		}
		if len(p) > gatherLimit {
			return l.under.Write(p)
		}
	}
	l.gathered = append(l.gathered, p...)
	return len(p), nil
}

// flush writes what was gathered; mu is held.
func (l *layer) flush() error {
	if len(l.gathered) == 0 {
		return nil
	}
	_, err := l.under.Write(l.gathered)
	l.gathered = l.gathered[:0]
	return err
}

func (l *layer) Close() error                      { return l.under.Conn.Close() }
func (l *layer) LocalAddr() net.Addr               { return l.under.Conn.LocalAddr() }
func (l *layer) RemoteAddr() net.Addr              { return l.under.Conn.RemoteAddr() }
func (l *layer) SetDeadline(t time.Time) error     { return l.under.Conn.SetDeadline(t) }
func (l *layer) SetReadDeadline(t time.Time) error { return l.under.Conn.SetReadDeadline(t) }

const (
	// notifyTime is what a close_notify may take to a peer that does not read.
	notifyTime = 500 * time.Millisecond
	// tlsNotifyTime is what crypto/tls gives it.
	tlsNotifyTime = 5 * time.Second
)

// SetWriteDeadline is called by crypto/tls around its close_notify, with more time
// than who shuts down has, and by HTTP/2 around its writes, with much more, which it
// gets. Neither is above an interrupt.
func (l *layer) SetWriteDeadline(t time.Time) error {
	if left := time.Until(t); left > notifyTime && left <= tlsNotifyTime {
		t = time.Now().Add(notifyTime)
	}
	err := l.under.Conn.SetWriteDeadline(t)
	if l.stopped.Load() {
		err = l.under.Conn.SetWriteDeadline(past)
	}
	return err
}

// secured is the net.Conn of a Conn with TLS.
type secured struct{ l *layer }

func (s *secured) Read(p []byte) (int, error) { return s.l.tls.Read(p) }

// Write joins the records of p that are more than one.
func (s *secured) Write(p []byte) (int, error) {
	l := s.l
	if len(p) <= maxRecord {
		return l.tls.Write(p)
	}
	b := gathering.Get().(*buffer)
	l.gatherIn(b.b[:0])
	n, err := l.tls.Write(p)
	l.mu.Lock()
	if flushErr := l.flush(); err == nil && flushErr != nil {
		n, err = 0, flushErr
	}
	l.gather, l.gathered = false, nil
	l.mu.Unlock()
	gathering.Put(b)
	return n, err
}

// maxRecord is the most plaintext that one record holds, in bytes (RFC 8446 section 5.1).
const maxRecord = 16 << 10

// Close says close_notify to a peer that takes it immediately, and closes.
func (s *secured) Close() error { return s.l.tls.Close() }

// CloseWrite ends the sending side in TLS and in TCP.
func (s *secured) CloseWrite() error {
	err := s.l.tls.CloseWrite()
	if tcpErr := s.l.under.CloseWrite(); err == nil {
		err = tcpErr
	}
	return err
}

func (s *secured) LocalAddr() net.Addr                { return s.l.LocalAddr() }
func (s *secured) RemoteAddr() net.Addr               { return s.l.RemoteAddr() }
func (s *secured) SetDeadline(t time.Time) error      { return s.l.SetDeadline(t) }
func (s *secured) SetReadDeadline(t time.Time) error  { return s.l.SetReadDeadline(t) }
func (s *secured) SetWriteDeadline(t time.Time) error { return s.l.under.Conn.SetWriteDeadline(t) }

var (
	_ net.Conn = (*layer)(nil)
	_ net.Conn = (*secured)(nil)
)
