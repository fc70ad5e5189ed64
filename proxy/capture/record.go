package capture

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
	"unsafe"

	"posthouse/proxy/flow"
)

// A Span is a stretch of the bytes of a head.
type Span struct{ Off, Len uint32 }

// Begin is what is known of an exchange when its request head was read.
type Begin struct {
	Kind   flow.Kind
	Start  time.Time
	Client netip.AddrPort
	Head   []byte // the raw request head; copied, so the caller may use its buffer again

	// Spans of Head. A Path that is empty or starts with '?' gets a '/' before
	// it in the row, but for an empty one without a Scheme.
	Method, Host, Path, Proto Span

	Scheme string // "http", "https", "ws", or "" for tunnels

	Process *ClientProcess // who asks, where that is or will be known

	Upstream string // the upstream proxy that the exchange goes through, "" for none; cut at 256 bytes

	// HostName stands in for the span Host where the head does not tell it.
	HostName []byte
	// ProtoName stands in for the span Proto likewise, at most 16 bytes.
	ProtoName string

	// What TLS was agreed on, inside an opened tunnel; Secure nil outside.
	TLS    flow.TLS
	Secure *flow.Secure

	HTTP2 flow.HTTP2 // of a request that came so

	// HostReplaced is Row's.
	HostReplaced bool

	// Sent is who sends what Posthouse itself sends; nil of what a client sent.
	Sent *Sent

	// MetadataOnly leaves a row without contents: no head, path or body is kept.
	MetadataOnly bool
}

// A Record tells the store of one exchange. It is pooled: after Finish it must
// not be used.
type Record struct {
	s      *Store
	stripe *stripe
	listed bool // has a row: set by Begin, then constant

	// Guarded by Store.mu; rev is also read without it.
	prev, next *Record
	rev        atomic.Uint64

	mu           sync.Mutex
	id           flow.ID // 0 outside of an exchange with a row
	kind         flow.Kind
	phase        flow.Phase
	failure      flow.Failure
	scheme       string
	upstream     string
	program      flow.App
	process      *ClientProcess // not nil while it is not known who asked, but will be
	ending       *ending        // what Finish was told while process was not nil
	start        time.Time
	client       netip.AddrPort
	remote       netip.AddrPort
	status       int
	tls          flow.TLS
	secure       packedSecure
	secured      bool // secure holds something
	metadataOnly bool // no contents are kept
	mended       flow.Mended

	hostReplaced bool
	http2        flow.HTTP2

	timing flow.Timing
	why    flow.Reason
	kept   contents
}

const recordCost = int64(unsafe.Sizeof(Record{}) + unsafe.Sizeof(block{}))

func (s *Store) newRecord() *Record {
	return &Record{s: s, stripe: &s.stripes[s.nextLane.Add(1)%stripeCount], kept: contents{s: s}}
}

// Begin opens a record for an exchange, which is in the list immediately as in
// flight. It never returns nil.
func (s *Store) Begin(b *Begin) *Record {
	r := s.records.Get().(*Record)
	r.listed = false
	if s.recording.Load() || b.Sent != nil {
		r.listed = r.begin(b)
	}
	if r.listed {
		b.Sent.began(r.id)
		s.signal()
		return r
	}
	r.kept.sent = b.Sent
	r.stripe.active.Add(1)
	r.stripe.notRecorded.Add(1)
	s.signalLate()
	return r
}

// begin fills the record and puts it into the list; false if there is no room.
func (r *Record) begin(b *Begin) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kind, r.phase, r.failure = b.Kind, flow.PhaseRequest, flow.FailureNone
	r.scheme, r.start, r.client, r.metadataOnly = b.Scheme, b.Start, b.Client, b.MetadataOnly
	r.kept.request.stopped, r.kept.response.stopped = b.MetadataOnly, b.MetadataOnly
	r.tls = b.TLS
	r.hostReplaced = b.HostReplaced
	r.http2 = flow.HTTP2{Stream: b.HTTP2.Stream, Opening: clip(b.HTTP2.Opening, maxText), Priority: clip(b.HTTP2.Priority, maxText),
		NeverIndexed: b.HTTP2.NeverIndexed}
	if r.secured = b.Secure != nil; r.secured {
		r.secure.set(b.Secure)
	}
	r.upstream = clip(b.Upstream, maxText)
	r.program = b.Process.known()
	r.kept.sent = b.Sent
	r.kept.keepRequestHead(b)
	if r.s.enlist(r) {
		b.Process.join(r)
		return true
	}
	r.reset()
	return false
}

// enlist gives the record its ID and its place in the list.
func (s *Store) enlist(r *Record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	cost := recordCost + int64(cap(r.kept.block.buf))
	if !s.hold(cost) {
		return false
	}
	r.kept.cost = cost
	s.lastID++
	r.id = s.lastID
	s.count.captured++
	s.count.active++
	s.rev++
	r.rev.Store(s.rev)
	s.active.append(r)
	return true
}

// reset makes the record ready for the pool.
func (r *Record) reset() {
	r.id = 0
	r.kept.reset()
	r.scheme, r.upstream, r.why, r.tls, r.secured, r.metadataOnly = "", "", flow.Reason{}, flow.TLS{}, false, false
	r.mended, r.http2 = 0, flow.HTTP2{}
	r.program, r.process, r.ending = flow.App{}, nil, nil
	r.client, r.remote, r.status, r.timing = netip.AddrPort{}, netip.AddrPort{}, 0, flow.Timing{}
}

// changed gives the record a new Rev if a reader may have seen the last one.
// Else the unread Rev stands for this change too. It reports whether it did.
func (r *Record) changed() bool {
	s := r.s
	if r.rev.Load() > s.readRev.Load() {
		return false
	}
	s.mu.Lock()
	s.rev++
	r.rev.Store(s.rev)
	s.active.remove(r)
	s.active.append(r)
	s.mu.Unlock()
	return true
}

// ID is the exchange's name, or 0 if it has no row.
func (r *Record) ID() flow.ID {
	if !r.listed {
		return 0
	}
	return r.id
}

// Connected says that a connection to the origin is ready. The time at which
// its addresses were known is zero for a connection from the pool.
func (r *Record) Connected(remote netip.AddrPort, resolved, connected time.Time, reused bool) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.remote = remote
	r.timing.Resolved = r.since(resolved)
	r.timing.Dialed = 0
	r.timing.Connected = r.since(connected)
	r.timing.Reused = reused
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// Secured says that TLS was agreed on over the connection that was ready since
// Connected, which is ready only now.
func (r *Record) Secured(at time.Time) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.timing.Dialed = r.timing.Connected
	r.timing.Connected = r.since(at)
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// since is the offset from the exchange's start; only a step that did not happen
// is zero.
func (r *Record) since(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(t.Sub(r.start), 1)
}

// SetTLS notes what a ClientHello told.
func (r *Record) SetTLS(t flow.TLS) {
	if !r.listed {
		return
	}
	t.SNI, t.ALPN, t.Version = clip(t.SNI, maxText), clip(t.ALPN, maxText), clip(t.Version, maxText)
	r.mu.Lock()
	r.tls = t
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// clip cuts text at n bytes, between runes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strings.Clone(text[:n])
}

// Sent says when the whole request was sent.
func (r *Record) Sent(at time.Time) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.timing.Sent = r.since(at)
	r.changed()
	r.mu.Unlock()
	r.s.signalLate()
}

// Upgraded says that the connection became another protocol.
func (r *Record) Upgraded() {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.kind = flow.KindUpgraded
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// ResponseHead notes the final response head, of which contentType is a span.
func (r *Record) ResponseHead(status int, head []byte, contentType Span, at time.Time) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.status = status
	r.phase = flow.PhaseResponse
	r.timing.FirstByte = r.since(at)
	if !r.metadataOnly {
		r.kept.keepResponseHead(head, contentType)
	}
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// Mended says how the answer breaks the rules of HTTP; what was said before stays.
func (r *Record) Mended(how flow.Mended) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.mended |= how
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// Prioritized says the request's new priority (RFC 9218 section 7.1).
func (r *Record) Prioritized(text string) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.http2.Priority = clip(text, maxText)
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// Opened says that a tunnel is open.
func (r *Record) Opened(status int, at time.Time) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.status = status
	r.phase = flow.PhaseResponse
	r.timing.FirstByte = r.since(at)
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// A recordList is a list of records by rising rev.
type recordList struct{ first, last *Record }

func (l *recordList) append(r *Record) {
	r.prev, r.next = l.last, nil
	if l.last == nil {
		l.first = r
	} else {
		l.last.next = r
	}
	l.last = r
}

func (l *recordList) remove(r *Record) {
	if r.prev == nil {
		l.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		l.last = r.prev
	} else {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
}
