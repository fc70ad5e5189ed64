package proxy

import (
	"math"
	"sync"
	"sync/atomic"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/http2"
	"posthouse/proxy/socket"
)

// http2Peer is one end of a relayed HTTP/2 connection: the client or the origin.
type http2Peer struct {
	sock *socket.Conn // nil for the origin of a connection that is answered here

	// What the peer has announced; under http2Conn.mu.
	initialWindow int64 // bytes that it may be sent on a new stream
	window        int64 // bytes that it may still be sent on all streams together
	owed          int64 // bytes of that window that answers of Posthouse's own have used

	mu      sync.Mutex // for what follows; taken before http2Conn.mu
	encoder *http2.Encoder
	out     []byte // frames to be written
	partial bool   // a frame in out, or already written, lacks its end
	waits   bool   // the other peer's SETTINGS are to come first
	queued  []byte // own frames that wait for that end, at most maxQueued
	broken  bool   // a write has failed: what follows is dropped

	maxFrame atomic.Uint32 // bytes that the peer takes in one frame
	headList atomic.Int64  // bytes of a field section that the peer takes, as RFC 9113 section 6.5.2 counts them
	largest  atomic.Uint32 // the most that this was: what passes may be older than the newest SETTINGS
	writing  atomic.Int64  // since when a write waits, by clock; 0: none does
}

const (
	http2Batch = 64 << 10 // bytes of frames that are written together
	maxQueued  = 64 << 10 // bytes of own frames behind one that does not end
)

// http2Outs are buffers for frames to be written; a quiet connection holds none.
var http2Outs = sync.Pool{New: func() any { b := make([]byte, 0, http2Batch+http2.MinFrame+1<<10); return &b }}

func (q *http2Peer) init(sock *socket.Conn) {
	q.sock, q.encoder = sock, http2.NewEncoder()
	q.initialWindow, q.window = http2.DefaultWindow, http2.DefaultWindow
	q.maxFrame.Store(http2.MinFrame)
	q.headList.Store(math.MaxInt64)
	q.largest.Store(http2.MinFrame)
}

// room gets a buffer to append frames to; mu is held.
func (q *http2Peer) room() {
	if q.out == nil {
		q.out = *http2Outs.Get().(*[]byte)
	}
}

// own appends frames of Posthouse's own, behind a frame that is under way; mu is held.
func (q *http2Peer) own(frames func([]byte) []byte) {
	switch {
	case q.broken || q.sock == nil:
	case !q.partial && !q.waits:
		q.room()
		q.out = frames(q.out)
	default:
		if q.queued = frames(q.queued); len(q.queued) > maxQueued {
			q.broken, q.queued = true, nil
			q.sock.Interrupt()
		}
	}
}

// send is own, and writes.
func (q *http2Peer) send(frames func([]byte) []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.own(frames)
	q.write()
}

// interim writes an interim response; mu is held.
func (q *http2Peer) interim(stream uint32, fields []hpack.HeaderField) {
	for _, f := range fields {
		q.encoder.Field(f)
	}
	h := http2.Header{Type: http2.Headers, Stream: stream}
	q.own(func(b []byte) []byte { return q.encoder.Append(b, h, &http2.Fragment{}, q.maxFrame.Load()) })
	q.write()
}

// pass appends a piece of a frame of the other peer's; last says that the frame ends
// with it. mu is held.
func (q *http2Peer) pass(piece []byte, last bool) {
	if q.broken {
		return
	}
	q.room()
	q.out = append(q.out, piece...)
	q.waits = false
	if q.partial = !last; last {
		q.unqueue()
	}
	if len(q.out) >= http2Batch {
		q.write()
	}
}

// unqueue appends the own frames that have waited; mu is held.
func (q *http2Peer) unqueue() {
	if len(q.queued) > 0 {
		q.room()
		q.out = append(q.out, q.queued...)
		q.queued = nil
	}
}

// greet sends SETTINGS in place of an origin that ends before it sent its own.
func (q *http2Peer) greet() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waits {
		q.waits = false
		q.room()
		q.out = http2.Header{Type: http2.Settings}.Append(q.out)
		q.unqueue()
		q.write()
	}
}

func (q *http2Peer) flush() {
	q.mu.Lock()
	q.write()
	q.mu.Unlock()
}

// write writes what has been appended; mu is held. Why a peer takes nothing more is found
// out where it is read: an answer, or an alert, may have come before.
func (q *http2Peer) write() {
	if len(q.out) > 0 && !q.broken {
		q.writing.Store(clock())
		if _, err := q.sock.Write(q.out); err != nil {
			q.broken, q.queued = true, nil
		}
		q.writing.Store(0)
	}
	if q.out != nil {
		if b := q.out[:0]; cap(b) <= 2*http2Batch {
			http2Outs.Put(&b)
		}
		q.out = nil
	}
}
