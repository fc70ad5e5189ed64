package proxy

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/clienthello"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

const established = "HTTP/1.1 200 Connection Established\r\n\r\n"

// connect opens a tunnel (RFC 9110 section 9.3.6).
func (x opening) connect() bool {
	if x.config.answersTunnel(&x.auth) {
		return x.openCheck()
	}
	if p := x.config.Decrypt; x.opens(p) {
		return x.intercept(p)
	}
	if ended, again := x.closed(); ended {
		return again
	}
	if r := x.dialTunnel(); r != nil {
		return x.answerTunnel(r)
	}
	if _, err := x.conn.socket.Write([]byte(established)); err != nil {
		x.dropOrigin()
		return x.answer(gone())
	}
	x.rec.Opened(200, time.Now())
	opening(x).startTunnel(true)
	return false
}

func (x opening) dialTunnel() *reply {
	x.fresh = true
	return x.dial(string(x.auth.Host), x.auth.Port, true)
}

// switchProtocols passes a 101 on and lets both sides speak what they agreed on
// (RFC 9110 section 7.8). Bytes that came glued to either head follow it.
func (x relaying) switchProtocols() bool {
	if x.unsent {
		return x.failResponse(errOriginClosed) // what follows would be body, not the new protocol
	}
	if x.upload != nil {
		<-x.upload.done
		if x.upload.fault != nil {
			return x.failResponse(errOriginClosed)
		}
	}
	resp := &x.resp
	x.respOut = x.rewriteResponse(false)
	x.rec.Upgraded()
	x.rec.ResponseHead(resp.Status, resp.Sent, typeSpan(resp), time.Now())
	x.origin.Discard(len(resp.Sent))
	if _, err := x.conn.socket.Write(x.respOut); err != nil {
		x.dropOrigin()
		return x.answer(gone())
	}
	opening(x).startTunnel(false)
	return false
}

// tunnel copies both ways until both ends have ended. Two goroutines with small
// stacks do it; the connection's own goroutine ends, so that an idle
// tunnel costs as little as it can.
type tunnel struct {
	c      *conn
	origin *upstream.Conn
	rec    *capture.Record
	idle   time.Duration
	peek   bool         // look for a ClientHello
	remark flow.Reason  // for the row of one that ends well
	left   atomic.Int32 // directions under way
	ending atomic.Pointer[tunnelEnd]
}

// tunnelEnd is the first thing that went wrong.
type tunnelEnd struct {
	failure flow.Failure
	why     flow.Reason
}

func (x opening) startTunnel(peek bool) {
	t := &tunnel{c: x.conn, origin: x.origin, rec: x.rec, peek: peek, remark: x.remark, idle: x.config.Timeouts.TunnelIdle}
	t.left.Store(2)
	x.paced = false // the tunnel stays slow
	x.conn.watch.silentSince.Store(0)
	x.conn.watch.stage(t.idle)
	x.conn.tunneling.Store(true)
	x.conn.socket.KeepAlive()
	x.origin.KeepAlive()
	go t.up()
	go t.down()
}

func (t *tunnel) up() {
	defer t.end()
	if t.peek {
		if err := t.peekHello(); err != nil {
			t.readEnded(err, t.c.socket, t.origin.Conn, reason.Client)
			return
		}
	}
	t.copy(t.c.socket, t.origin.Conn, t.rec.RequestBytes, reason.Client, reason.Origin)
}

func (t *tunnel) down() {
	t.copy(t.origin.Conn, t.c.socket, t.rec.ResponseBytes, reason.Origin, reason.Client)
	t.end()
}

// end closes the tunnel when both directions have ended.
func (t *tunnel) end() {
	if t.left.Add(-1) != 0 {
		return
	}
	c := t.c
	c.watch.release()
	_ = c.socket.Close()
	_ = t.origin.Close()
	c.socket.Release()
	t.origin.Release()
	end := t.ending.Load()
	if end == nil {
		end = &tunnelEnd{why: t.remark}
	}
	t.rec.Finish(end.failure, end.why, 0, time.Now())
	if c.inside != nil {
		c.endInterception()
	}
	c.srv.done(c)
}

// moved counts bytes and puts the idle limit off.
func (t *tunnel) moved(n int64, count func(int64)) {
	count(n)
	if t.idle > 0 {
		t.c.watch.stage(t.idle)
	}
}

// spliceAfter is how many full large buffers in a row tell that bulk flows.
const spliceAfter = 4

// copy moves bytes from src to dst until src ends. While nothing flows it holds
// neither buffer nor pipe.
func (t *tunnel) copy(src, dst *socket.Conn, count func(int64), from, to flow.ReasonCode) {
	full := 0
	for {
		if len(src.Buffered()) == 0 {
			src.Release()
			if full >= spliceAfter {
				if !t.splice(src, dst, count, from, to) {
					return
				}
				full = 0
			}
			if err := src.Fill(); err != nil {
				t.readEnded(err, src, dst, from)
				return
			}
		}
		b := src.Buffered()
		if _, err := dst.Write(b); err != nil {
			t.broke(err, src, to)
			return
		}
		t.moved(int64(len(b)), count)
		full = paceBuffer(src, len(b), full)
		src.Discard(len(b))
	}
}

// paceBuffer picks the next buffer's size by how full this one came.
func paceBuffer(src *socket.Conn, n, full int) int {
	switch {
	case n >= socket.LargeBuffer/2:
		return full + 1
	case n >= socket.SmallBuffer:
		src.SetBulk(true)
	case n < socket.SmallBuffer/2:
		src.SetBulk(false)
	}
	return 0
}

// splice moves all that follows in the kernel; it reports whether to copy on instead.
func (t *tunnel) splice(src, dst *socket.Conn, count func(int64), from, to flow.ReasonCode) bool {
	src.Release()
	_, err := src.Splice(dst, -1, func(n int64) { t.moved(n, count) })
	switch {
	case err == socket.ErrNoSplice:
		return true
	case err == nil:
		t.readEnded(io.EOF, src, dst, from)
	case errors.Is(err, socket.ErrWrite):
		t.broke(err, src, to)
	default:
		t.readEnded(err, src, dst, from)
	}
	return false
}

// readEnded passes an end on as an end, and a reset as a reset.
func (t *tunnel) readEnded(err error, src, dst *socket.Conn, from flow.ReasonCode) {
	if err == io.ErrClosedPipe { // of a sender of our own, whose pipe ends in both directions at a time
		err = io.EOF
	}
	if socket.IsInterrupt(err) && t.c.watch.gone.Load() {
		// The client has ended its half and the other one is no longer held.
		_ = dst.Close()
		_ = src.Close()
		return
	}
	if err == io.EOF {
		if dst.CloseWrite() == nil {
			if src == t.c.socket {
				t.c.watch.silentSince.Store(clock()) // the sweeper asks whether it is still there
				t.c.srv.wakeSweeper()
			}
			return
		}
		// The other side has gone meanwhile; its own reader says how.
		_ = src.Close()
		return
	}
	t.fail(err, from)
	if err == socket.ErrTruncated {
		_ = dst.Drop() // as bare an end as there was
		_ = src.Drop()
		return
	}
	_ = dst.Abort()
	_ = src.Abort()
}

// broke ends both sides because one takes no more bytes.
func (t *tunnel) broke(err error, src *socket.Conn, to flow.ReasonCode) {
	t.fail(err, to)
	_ = src.Abort()
	_ = t.origin.Abort()
	_ = t.c.socket.Abort()
}

// fail keeps the first thing that went wrong.
func (t *tunnel) fail(err error, side flow.ReasonCode) {
	end := &tunnelEnd{}
	switch {
	case socket.IsInterrupt(err) && t.c.wasCut():
		end.failure, end.why = t.c.cutWhy(reason.Stopped)
	case t.c.watch.dead.Load() || socket.IsTimedOut(err):
		if t.c.watch.dead.Load() {
			side = reason.Origin
		}
		end.failure, end.why = flow.FailureTruncated, reason.TunnelVanished.With(side)
	case socket.IsInterrupt(err):
		end.why = reason.TunnelIdle.With(t.idle)
	case err == socket.ErrTruncated:
		end.why = reason.TunnelBare.With(side)
	case socket.IsReset(err):
		end.why = reason.TunnelReset.With(side)
	default:
		end.why = reason.TunnelBroke.With(side, reason.Of(err))
	}
	t.ending.CompareAndSwap(nil, end)
}

// peekHello looks at the first bytes from the client, which pass on immediately. An
// error of reading them is returned, since the system tells of a reset only once.
func (t *tunnel) peekHello() error {
	src, dst := t.c.socket, t.origin.Conn
	var seen []byte
	for {
		if len(src.Buffered()) == 0 {
			if err := src.Fill(); err != nil {
				return err
			}
		}
		b := src.Buffered()
		if _, err := dst.Write(b); err != nil {
			return nil // the copying that follows fails in the same way
		}
		t.moved(int64(len(b)), t.rec.RequestBytes)
		info, result := clienthello.Parse(joined(seen, b))
		if result == clienthello.Found {
			t.rec.SetTLS(flow.TLS{Seen: true, SNI: info.ServerName, ALPN: strings.Join(info.Protocols, ", "),
				Version: clienthello.VersionName(info.Version)})
		}
		if result == clienthello.More {
			seen = append(seen, b[:min(len(b), clienthello.MaxSize-len(seen))]...)
		}
		src.Discard(len(b))
		src.Release()
		if result != clienthello.More {
			return nil
		}
	}
}

// joined is seen with b behind it, without a copy where nothing was seen before.
func joined(seen, b []byte) []byte {
	if len(seen) == 0 {
		return b
	}
	return append(seen[:len(seen):len(seen)], b...)
}
