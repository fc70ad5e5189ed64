package capture

import (
	"net/netip"
	"time"
	"unsafe"

	"posthouse/proxy/flow"
)

// rowHeader is the fixed part of a finished row in the log. It has no pointers and
// no length but its own, so it is copied in and out as it lies in memory; it
// never leaves the process. Behind it lie, end to end: the texts, the request
// blob, the response blob, the interim heads, the two trailer sections, the
// unusable answer, the heads after rules. A blob is what is kept of a head and then what the row needs
// from beyond that.
type rowHeader struct {
	size uint64 // bytes of the whole record, aligned; first, see rowLog.sizeAndID
	id   flow.ID
	rev  uint64

	start  int64 // ns since 1970; noTime for none
	timing [6]int64
	up     int64
	down   int64

	bodies [2]headerBody // request, response
	client headerAddr
	remote headerAddr

	spans [spanCount]Span // the row's texts within the blobs
	texts [textCount]uint16

	requestBlob, requestHead   uint32
	responseBlob, responseHead uint32
	interim                    uint32
	trailers                   [2]uint32
	unusable                   uint32

	status int32
	pid    int32

	kind    flow.Kind
	phase   flow.Phase
	failure flow.Failure
	scheme  uint8
	reused  bool
	tlsSeen bool
	altered headerAltered

	lineage flow.Lineage
	http2   headerHTTP2
}

// headerHTTP2 is flow.HTTP2 without its texts.
type headerHTTP2 struct {
	neverIndexed uint64
	stream       uint32
}

// headerAltered is how what was sent is not what came.
type headerAltered struct {
	mended       flow.Mended
	effects      flow.Effects
	hostReplaced bool
	heads        [2]uint32 // after rules: request, response
}

type headerBody struct {
	ref   bodyRef
	kept  int64
	state flow.BodyState
}

// Texts of a row that lie within a blob.
const (
	spanMethod = iota
	spanHost
	spanPath
	spanProto
	spanContentType
	spanCount
)

// Texts of a row that come from elsewhere.
const (
	textReason = iota
	textReasonArgs
	textSNI
	textALPN
	textVersion
	textClientZone
	textRemoteZone
	textScheme
	textSecure // a packedSecure, or nothing
	textUpstream
	textApp
	textAppPath
	textOpening
	textPriority
	textDid // what rules did, by flow.PackReasons
	textCount
)

const noTime = -1 << 63

const rowHeaderSize = int(unsafe.Sizeof(rowHeader{}))

func (h *rowHeader) bytes() []byte { return unsafe.Slice((*byte)(unsafe.Pointer(h)), rowHeaderSize) }

// textsSize is how many bytes lie between the header and the request blob.
func (h *rowHeader) textsSize() (n int) {
	for _, l := range h.texts {
		n += int(l)
	}
	return n
}

// schemes are the constants that a row names by number; any other is a text.
var schemes = [...]string{"", "http", "https", "ws", "wss"}

const otherScheme = 255

func schemeCode(s string) uint8 {
	for i, known := range schemes {
		if s == known {
			return uint8(i)
		}
	}
	return otherScheme
}

// headerAddr is a netip.AddrPort without its zone.
type headerAddr struct {
	ip   [16]byte
	port uint16
	form uint8 // 0 none, 4, 6
}

func (a *headerAddr) set(p netip.AddrPort) {
	ip := p.Addr()
	switch {
	case !ip.IsValid():
		*a = headerAddr{port: p.Port()}
		return
	case ip.Is4():
		a.form = 4
	default:
		a.form = 6
	}
	a.ip, a.port = ip.As16(), p.Port()
}

func (a *headerAddr) get(zone string) netip.AddrPort {
	switch a.form {
	case 4:
		return netip.AddrPortFrom(netip.AddrFrom16(a.ip).Unmap(), a.port)
	case 6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.ip).WithZone(zone), a.port)
	}
	return netip.AddrPortFrom(netip.Addr{}, a.port)
}

func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return noTime
	}
	return t.UnixNano()
}

func timeOf(ns int64) time.Time {
	if ns == noTime {
		return time.Time{}
	}
	return time.Unix(0, ns)
}

// A packedRow is what a Row is made from: the header, and its texts gathered in
// the order method, host, path, proto, content type, then textReason on.
type packedRow struct {
	rowHeader
	text string
	said flow.Annotation // beside the log, see marks
}

// textAt is one of the texts on its own.
func (m *packedRow) textAt(n int) string {
	from := len(m.text)
	for i := textCount - 1; i >= n; i-- {
		from -= int(m.texts[i])
	}
	return m.text[from : from+int(m.texts[n])]
}

// http2 is what is HTTP/2's own.
func (m *packedRow) http2() flow.HTTP2 {
	return flow.HTTP2{Stream: m.rowHeader.http2.stream, Opening: m.textAt(textOpening), Priority: m.textAt(textPriority),
		NeverIndexed: m.rowHeader.http2.neverIndexed}
}

// row makes the Row. Its strings share one piece of memory.
func (m *packedRow) row() flow.Row {
	rest := m.text
	cut := func(n uint32) string {
		s := rest[:n]
		rest = rest[n:]
		return s
	}
	r := flow.Row{
		ID: m.id, Rev: flow.Rev(m.rev), Kind: m.kind, Phase: m.phase,
		Start:  timeOf(m.start),
		Method: cut(m.spans[spanMethod].Len),
		Host:   cut(m.spans[spanHost].Len),
		Path:   cut(m.spans[spanPath].Len),
		Proto:  cut(m.spans[spanProto].Len),

		HostReplaced: m.altered.hostReplaced,
		Lineage:      m.lineage,

		ContentType: cut(m.spans[spanContentType].Len),
		Status:      int(m.status),
		Annotation:  m.said,
		Mended:      m.altered.mended,
		Effects:     m.altered.effects,
		RequestSize: m.up, ResponseSize: m.down,
		Failure: m.failure,
		Reason:  flow.PackedReason(cut(uint32(m.texts[textReason])), cut(uint32(m.texts[textReasonArgs]))),
		TLS: flow.TLS{
			Seen:    m.tlsSeen,
			SNI:     cut(uint32(m.texts[textSNI])),
			ALPN:    cut(uint32(m.texts[textALPN])),
			Version: cut(uint32(m.texts[textVersion])),
		},
		Timing: flow.Timing{
			Resolved: time.Duration(m.timing[0]), Connected: time.Duration(m.timing[1]),
			Sent: time.Duration(m.timing[2]), FirstByte: time.Duration(m.timing[3]),
			End: time.Duration(m.timing[4]), Dialed: time.Duration(m.timing[5]), Reused: m.reused,
		},
	}
	r.Client = m.client.get(cut(uint32(m.texts[textClientZone])))
	r.Remote = m.remote.get(cut(uint32(m.texts[textRemoteZone])))
	if m.scheme == otherScheme {
		r.Scheme = cut(uint32(m.texts[textScheme]))
	} else {
		r.Scheme = schemes[m.scheme]
	}
	var s flow.Secure
	unpackSecure(cut(uint32(m.texts[textSecure])), &s)
	r.TLS.Outcome, r.TLS.Problem, r.TLS.Deviation = s.Outcome, s.Problem, s.Deviation
	r.TLS.ClientJA4, r.TLS.OriginJA4 = s.Client.JA4, s.Origin.JA4
	r.Upstream = cut(uint32(m.texts[textUpstream]))
	r.App = cut(uint32(m.texts[textApp]))
	r.AppPath = cut(uint32(m.texts[textAppPath]))
	r.AppPID = m.pid
	if m.phase.Final() {
		r.Duration = r.Timing.End
	}
	return r
}

// rooted says whether the row's path needs a slash before what was sent.
func rooted(path []byte, scheme uint8) bool {
	if len(path) == 0 {
		return scheme == 0
	}
	return path[0] != '?'
}
