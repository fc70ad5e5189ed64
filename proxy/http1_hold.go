package proxy

import (
	"bytes"
	"io"
	"time"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// A body that is to be edited is read into the buffer of its connection and stays there: where
// it is not edited, it passes from there as it would have.

const (
	// holdTime is how long a body may take to arrive that is to be edited. What takes longer passes
	// as it comes: a stream would never end.
	holdTime = 2 * time.Second
	// holdRaw bounds a body with its framing, in bytes.
	holdRaw = breakpoints.MaxBody + 64<<10
)

// heldBody is the body of a message that waits.
type heldBody struct {
	payload []byte      // a copy, without framing
	raw     int         // bytes in the connection's buffer, with framing
	trailer []byte      // behind a chunked one, as it may pass
	behind  flow.Reason // why it is not here: it passes as it comes; zero where it is
	chunked bool
	until   bool // it ends with its connection
	length  int64
}

// framed is how the body would be found in a head of the same meaning.
func (h *heldBody) framed(head *http1.Head) bool {
	return head.Chunked == h.chunked && (head.Length == h.length || head.Chunked)
}

// holdRequest reads the body of a request that is to wait, as far as it may be held.
func (x breaking) holdRequest(m *breakpoints.Message) *heldBody {
	h := &heldBody{chunked: x.req.Chunked, length: x.req.Length}
	switch conn := x.conn.socket; {
	case !x.req.HasBody():
	case x.req.Lists(http1.Expect, "100-continue") && len(conn.Buffered()) == 0:
		h.behind = reason.BreakExpects.With()
	default:
		x.hold(conn, 0, h, m)
	}
	return h
}

// holdResponse reads the body of a response likewise; its head of so many bytes is before it.
func (x breaking) holdResponse(m *breakpoints.Message, head int) *heldBody {
	framing := x.resp.Framing(x.isHead)
	h := &heldBody{chunked: x.resp.Chunked, length: x.resp.Length, until: framing == http1.UntilClose}
	kind := bytes.ToLower(x.resp.ContentType)
	switch {
	case framing == http1.NoBody:
	case bytes.HasPrefix(kind, []byte("text/event-stream")):
		h.behind = reason.BreakStream.With()
	case h.large(): // whatever is uploaded
		h.behind = reason.BreakLarge.With(breakpoints.MaxBody)
	case x.upload.pending():
		h.behind = reason.BreakUploading.With() // what interrupts the wait would interrupt that too
	default:
		x.hold(x.origin.Conn, head, h, m)
	}
	return h
}

// large reports whether the message says that its body is longer than is held.
func (h *heldBody) large() bool { return !h.chunked && h.length > breakpoints.MaxBody }

// hold reads a body behind what stands before it in the buffer.
func (x breaking) hold(conn *socket.Conn, before int, h *heldBody, m *breakpoints.Message) {
	if h.large() {
		h.behind = reason.BreakLarge.With(breakpoints.MaxBody)
		return
	}
	x.conn.watch.stage(holdTime)
	x.srv.wakeSweeper()
	h.behind = x.readWhole(conn, before, h, m)
	if x.endHold() {
		h.behind = reason.BreakSlow.With(holdTime)
	}
	if !h.behind.IsZero() {
		h.payload, h.raw = nil, 0
		return
	}
	if !m.Reserve(int64(len(h.payload))) {
		h.behind, h.payload = reason.BreakFull.With(breakpoints.MaxHeld), nil
		return
	}
	h.payload = bytes.Clone(h.payload)
}

// endHold ends the stage of reading a body; it reports whether it took too long.
func (x breaking) endHold() (late bool) {
	w := &x.conn.watch
	w.mu.Lock()
	w.until.Store(0)
	late = w.expired.Load() && !w.wasCut
	if late {
		w.expired.Store(false)
	}
	w.mu.Unlock()
	if late {
		x.conn.resume(x.origin)
	}
	return late
}

// readWhole reads until the body is there. Its payload then aliases the buffer, or is a copy.
func (x breaking) readWhole(conn *socket.Conn, before int, h *heldBody, m *breakpoints.Message) flow.Reason {
	scan := bodyScan{h: h}
	scan.chunks.MaxTrailer, scan.chunks.MaxFields = x.limits.Head, x.limits.Fields
	scan.chunks.Reset()
	for {
		b := conn.Buffered()[min(before, len(conn.Buffered())):]
		if whole, why := scan.over(b); whole || !why.IsZero() {
			return why
		}
		switch err := conn.Fill(); {
		case err == socket.ErrFull:
			if len(b) > holdRaw {
				return reason.BreakLarge.With(breakpoints.MaxBody)
			}
			if !m.Reserve(int64(before + len(b))) { // it is doubled
				return reason.BreakFull.With(breakpoints.MaxHeld)
			}
			if conn.Grow(before+holdRaw+1) != nil {
				return reason.BreakLarge.With(breakpoints.MaxBody)
			}
		case err == io.EOF && h.until:
			h.payload, h.raw = b, len(b)
			return flow.Reason{}
		case err != nil:
			return reason.BreakBroken.With()
		}
	}
}

// bodyScan looks for the end of a body in bytes that become more.
type bodyScan struct {
	h       *heldBody
	chunks  http1.Chunks
	scanned int
	payload []byte // of chunks
}

// over reports whether the body in b is whole.
func (s *bodyScan) over(b []byte) (bool, flow.Reason) {
	switch {
	case s.h.chunked:
		return s.chunked(b)
	case s.h.until:
		if len(b) > breakpoints.MaxBody {
			return false, reason.BreakLarge.With(breakpoints.MaxBody)
		}
		return false, flow.Reason{}
	case int64(len(b)) < s.h.length:
		return false, flow.Reason{}
	}
	s.h.payload, s.h.raw = b[:s.h.length], int(s.h.length)
	return true, flow.Reason{}
}

func (s *bodyScan) chunked(b []byte) (bool, flow.Reason) {
	for s.scanned < len(b) && !s.chunks.Done() {
		n, data, err := s.chunks.Next(b[s.scanned:])
		s.scanned += n
		s.payload = append(s.payload, data...)
		switch {
		case err != nil:
			return false, reason.BreakBroken.With() // how it breaks is told where it passes
		case len(s.payload) > breakpoints.MaxBody:
			return false, reason.BreakLarge.With(breakpoints.MaxBody)
		}
	}
	if !s.chunks.Done() {
		return false, flow.Reason{}
	}
	s.h.payload, s.h.raw, s.h.trailer = s.payload, s.scanned, bytes.Clone(s.chunks.Trailer())
	return true, flow.Reason{}
}
