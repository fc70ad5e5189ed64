package proxy

import (
	"cmp"
	"maps"
	"strings"
	"sync"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// Bounds of the connections of HTTP/2 that streams of one client's connection are sent over.
const (
	detourConnsMost = 16        // one that nothing uses gives way; where all are used the stream is refused
	detourPlainMost = 256       // places that are remembered to speak HTTP/1.1
	detourTries     = 3         // that a stream has, where a connection ends before it was asked
	detourWindow    = 256 << 10 // bytes of one response that may be here before its client takes them
	detourAnswers   = 64        // to PING and SETTINGS that wait to be written: then the connection ends
)

// detourConn is a connection of HTTP/2 to where rules send streams: one end of a pipe, whose other
// end the engine serves as a client's connection, with its own connection to the origin. Here is what
// carries frames between the client's streams and those of the pipe: one goroutine reads, one
// writes what answers frames that came; heads and bodies of requests are written by the streams' own.
// Who reads waits for nobody but the client: it grants the connection's window back with each frame, and a
// stream's as its client takes what came, so that no stream keeps another one.
type detourConn struct {
	c      *http2Conn
	key    detourKey
	way    *way
	first  *exchange // of the stream that has it opened: its row has how that went
	pipe   *detourPipe
	peer   http2Peer     // the engine's end, as it is written to
	opened chan struct{} // closed when it is known what is spoken there
	wake   chan struct{} // there is something to be written, or it has ended

	reader detourReader

	// Under http2Conn.mu:
	known    bool // opened is closed
	http2    bool // HTTP/2 is spoken
	failed   *reply
	waits    int // streams that wait for it to be opened
	streams  map[uint32]*detour
	open     int       // streams, those included that are about to be opened
	most     int       // that the origin takes: one, until it has sent SETTINGS
	queue    []*detour // streams that wait for a place
	last     uint32    // the newest stream
	greeted  bool      // the origin has sent SETTINGS
	connects bool      // and takes extended CONNECT
	away     bool      // no more streams are opened
	ended    bool
	untaken  map[uint32]*detour // whose head the engine has not read
	owed     detourOwed
	refusals detourRefusals
}

// detourOwed is what is to be written for frames that came.
type detourOwed struct {
	acks   int
	pings  [][8]byte
	window uint32 // bytes of the connection's window
	grants []http2Grant
	tables []uint32 // bytes that HPACK's may have
	resets []detourReset
}

type detourReset struct {
	stream uint32
	code   http2.Code
}

// detourRefusals are why streams were reset that no client has called off.
type detourRefusals struct {
	mu sync.Mutex
	by map[uint32]*ended
}

// detourStream is a detour's stream on a connection of HTTP/2; http2Conn.mu guards it.
type detourStream struct {
	on      *detourConn // that it waits for, or is open on; nil for none
	number  uint32      // 0: it is not open
	window  int64       // bytes that may be sent on it
	room    int64       // bytes that the origin may still send
	taken   int64       // bytes that the client has taken, which the origin was not granted
	code    http2.Code  // of the client's reset
	sentAll bool
	gotAll  bool
	headed  bool // the final head has come
	over    bool // its client's stream has ended
}

// asksHTTP2 reports whether HTTP/2 may be spoken where the stream goes: over TLS that is agreed
// on; without it gRPC is asked for in HTTP/2 right away (RFC 9113 section 3.3), since its servers speak nothing
// else. What rules answer or block goes nowhere, and what no rule sends elsewhere leaves an origin that does not
// speak HTTP/2.
func (d *detour) asksHTTP2() bool {
	if d.answered || d.way.sent == nil && d.way.resolved == nil {
		return false
	}
	return d.way.to.Scheme == "https" || isGRPC(fieldValue(d.fields, "content-type"))
}

// isGRPC reports whether a body of a type is of gRPC, which needs HTTP/2; gRPC-Web does not.
func isGRPC(contentType string) bool {
	kind := strings.ToLower(contentType)
	rest, is := strings.CutPrefix(kind, "application/grpc")
	return is && (rest == "" || rest[0] == '+' || rest[0] == ';' || rest[0] == ' ')
}

// cut ends the stream of a detour, which has ended; known says that all of the client's connection
// has, and why. mu is held.
func (l *detourConn) cut(d *detour, known bool) {
	switch {
	case known:
		l.pipe.inner.end(d.why)
	case d.number != 0:
		if !d.sentAll || !d.gotAll {
			l.owed.resets = append(l.owed.resets, detourReset{d.number, cmp.Or(d.code, http2.Cancel)})
			l.signal()
		}
		l.release(d)
	case !l.known:
		if l.waits--; l.waits == 0 { // nobody wants it
			l.forget()
			l.pipe.inner.end(d.why)
		}
	}
}

// release gives the place of a stream to the next one; mu is held.
func (l *detourConn) release(d *detour) {
	if l.streams[d.number] == d {
		delete(l.streams, d.number)
		l.freed()
	}
}

// freed says that there is a place more; mu is held.
func (l *detourConn) freed() {
	l.open--
	l.admit()
	if l.away && l.open == 0 && l.known && !l.ended {
		l.leave()
	}
}

// admit has the stream go on that waits first, where there is a place; mu is held.
func (l *detourConn) admit() {
	if len(l.queue) > 0 && l.open < l.most {
		l.queue[0].down.signal()
	}
}

func (l *detourConn) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// handedOver is the exchange that goes on with the request that came, nil for none.
func (x *exchange) handedOver() *handover {
	switch c := x.conn; {
	case c.detour != nil && x.req.Version == nil:
		return c.detour.take(x.http2.Stream)
	case c.handed.Load() != nil:
		return c.handed.Swap(nil)
	}
	return nil
}

// spoken is the protocol of the request, for people.
func (x *exchange) spoken() string {
	if x.req.Version == nil {
		return "HTTP/2"
	}
	return "HTTP/1.1"
}

// take is the exchange of a stream whose head the engine has read.
func (l *detourConn) take(stream uint32) *handover {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	d := l.untaken[stream]
	if d == nil {
		return nil
	}
	delete(l.untaken, stream)
	return &handover{x: d.begun, way: d.way, ruling: d.ruling, dialled: d.begun == l.first}
}

// left closes the rows that the engine has not taken, when its end has ended; l may be nil. No stream is opened any
// more, though who reads may not have seen the end.
func (l *detourConn) left() {
	if l == nil {
		return
	}
	l.c.mu.Lock()
	l.forget()
	untaken := maps.Clone(l.untaken)
	failure, why := flow.FailureOriginClosed, reason.H2Ending.With()
	if l.failed != nil {
		failure, why = l.failed.failure, l.failed.why
	}
	l.c.mu.Unlock()
	for _, d := range untaken {
		d.unserved(failure, why)
	}
}

// broken notes that the origin breaks the rules: what it was not asked yet has that for its answer, and is not
// tried again. l may be nil.
func (l *detourConn) broken(r *reply) {
	if l == nil {
		return
	}
	l.c.mu.Lock()
	l.failed = r
	l.c.mu.Unlock()
}

// refuse ends a stream whose answer cannot go on, and says why in its row.
func (d *detour) refuse(failure flow.Failure, why flow.Reason) {
	c := d.c
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.mu.Lock()
	if !d.over {
		d.code = http2.EnhanceYourCalm
		d.on.refusals.add(d.number, &ended{failure, why})
		c.client.own(func(b []byte) []byte { return http2.AppendReset(b, d.stream, http2.InternalError) })
		c.remove(d.x)
	}
	c.mu.Unlock()
	c.client.write()
}

func (r *detourRefusals) add(stream uint32, why *ended) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil || len(r.by) >= http2Streams { // of streams that the engine had ended already
		r.by = make(map[uint32]*ended)
	}
	r.by[stream] = why
}

// refusal is why a stream was reset, nil where its client has called it off; l may be nil.
func (l *detourConn) refusal(stream uint32) *ended {
	if l == nil {
		return nil
	}
	l.refusals.mu.Lock()
	defer l.refusals.mu.Unlock()
	why := l.refusals.by[stream]
	delete(l.refusals.by, stream)
	return why
}
