package capture

import (
	"bytes"

	"posthouse/proxy/flow"
)

const (
	maxBeyond   = 1 << 10 // bytes kept of each text of a row that lies beyond what is kept of its head
	blockSlack  = 1536    // bytes left in a block for the response head and a small body
	tunnelSlack = 64
)

// keepRequestHead takes the record's first block and fills it.
func (r *Record) keepRequestHead(b *Begin) {
	spans := [...]*Span{&r.spans[spanMethod], &r.spans[spanHost], &r.spans[spanPath], &r.spans[spanProto]}
	*spans[0], *spans[1], *spans[2], *spans[3] = b.Method, b.Host, b.Path, b.Proto
	limit := int(r.s.headLimit.Load())
	slack := blockSlack
	if b.Kind == flow.KindTunnel {
		slack = tunnelSlack
	}
	head := b.Head
	if b.MetadataOnly {
		// What the row shows lies beyond what is kept of the head, which is nothing.
		*spans[2], limit = Span{}, 0
	}
	name := b.HostName[:min(len(b.HostName), maxBeyond)]
	proto := b.ProtoName[:min(len(b.ProtoName), 16)]
	r.block = r.s.getBlock(blobSize(head, limit, spans[:]) + len(name) + len(proto) + slack)
	r.req = r.putBlob(head, limit, spans[:])
	if len(name) > 0 {
		*spans[1] = addText(r, name)
	}
	if len(proto) > 0 {
		*spans[3] = addText(r, proto)
	}
}

// addText puts a text of the row behind the request blob.
func addText[T []byte | string](r *Record, text T) Span {
	sp := Span{Off: r.req.len, Len: uint32(len(text))}
	r.block.buf = append(r.block.buf, text...)
	r.req.len += sp.Len
	r.headsEnd = len(r.block.buf)
	return sp
}

// keepResponseHead keeps a response head; a second one replaces the first.
func (r *Record) keepResponseHead(head []byte, contentType Span) {
	if r.resp.len > 0 && int(r.resp.off+r.resp.len) == len(r.block.buf) {
		r.block.buf = r.block.buf[:r.resp.off]
		r.headsEnd = len(r.block.buf)
	}
	limit := int(r.s.headLimit.Load())
	contentType.Len = min(contentType.Len, maxContentType)
	r.spans[spanContentType] = contentType
	spans := [...]*Span{&r.spans[spanContentType]}
	if !r.roomInBlock(blobSize(head, limit, spans[:])) {
		r.resp, r.spans[spanContentType] = blob{}, Span{}
		return
	}
	r.resp = r.putBlob(head, limit, spans[:])
}

// beyond says whether a span reaches beyond what is kept of its head, but is
// short enough to be kept beside it.
func beyond(sp Span, kept int) bool {
	return uint64(sp.Off)+uint64(sp.Len) > uint64(kept) && (int(sp.Off) >= kept || sp.Len <= maxBeyond)
}

// blobSize is how many bytes putBlob adds to the block.
func blobSize(head []byte, limit int, spans []*Span) int {
	kept := min(len(head), limit)
	n := kept
	if kept < len(head) {
		for _, sp := range spans {
			if beyond(*sp, kept) {
				n += min(int(sp.Len), maxBeyond)
			}
		}
	}
	return n
}

// putBlob appends what is kept of head to the block, and what the spans need
// beyond that; it moves the spans to where their texts now lie.
func (r *Record) putBlob(head []byte, limit int, spans []*Span) blob {
	kept := min(len(head), limit)
	off := len(r.block.buf)
	buf := append(r.block.buf, head[:kept]...)
	for _, sp := range spans {
		clampSpan(sp, len(head))
		switch {
		case int(sp.Off)+int(sp.Len) <= kept:
		case beyond(*sp, kept):
			text := head[sp.Off:][:min(sp.Len, maxBeyond)]
			*sp = Span{Off: uint32(len(buf) - off), Len: uint32(len(text))}
			buf = append(buf, text...)
		default:
			sp.Len = uint32(kept) - sp.Off
		}
	}
	r.block.buf = buf
	r.headsEnd = len(buf)
	return blob{off: uint32(off), len: uint32(len(buf) - off), head: uint32(kept)}
}

// clampSpan keeps a span within n bytes, so that a wrong one shows in its row
// and does no harm.
func clampSpan(sp *Span, n int) {
	sp.Off = min(sp.Off, uint32(n))
	sp.Len = min(sp.Len, uint32(n)-sp.Off)
}

// roomInBlock makes room for n more bytes of heads: it sends staged bodies to the
// log, then takes a larger block if the budget has one.
func (r *Record) roomInBlock(n int) bool {
	if len(r.block.buf)+n <= cap(r.block.buf) {
		return true
	}
	r.flush(&r.request)
	r.flush(&r.response)
	need := len(r.block.buf) + n
	if need <= cap(r.block.buf) {
		return true
	}
	class := blockClass(need)
	if class >= blockClasses || !r.hold(int64(blockSize(class)-cap(r.block.buf))) {
		return false
	}
	larger := r.s.getBlock(need)
	larger.buf = append(larger.buf, r.block.buf...)
	r.s.putBlock(r.block)
	r.block = larger
	return true
}

// hold takes n more bytes of the budget until Finish.
func (r *Record) hold(n int64) bool {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hold(n) {
		return false
	}
	r.cost += n
	return true
}

// Interim notes a 1xx head.
func (r *Record) Interim(head []byte) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	if len(r.interim)+len(head) <= r.extraLimit() && !r.metadataOnly {
		r.interim = r.appendExtra(r.interim, head)
	}
	r.changed()
	r.mu.Unlock()
	r.s.signalLate()
}

// RequestTrailer notes the request's trailer section, or a part of it.
func (r *Record) RequestTrailer(p []byte) { r.trailer(0, p) }

// ResponseTrailer notes the response's trailer section, or a part of it.
func (r *Record) ResponseTrailer(p []byte) { r.trailer(1, p) }

func (r *Record) trailer(i int, p []byte) {
	if !r.listed || r.metadataOnly {
		return
	}
	r.mu.Lock()
	room := r.extraLimit() - len(r.trailers[i])
	r.trailers[i] = r.appendExtra(r.trailers[i], p[:max(0, min(len(p), room))])
	r.changed()
	r.mu.Unlock()
	r.s.signalLate()
}

// Unusable notes what came of an answer that is not passed on; a later one replaces
// it. What lies behind an empty line is kept up to the limit of a body. Nothing is
// kept once recording is off.
func (r *Record) Unusable(p []byte) {
	s := r.s
	if !r.listed || r.metadataOnly || len(p) == 0 || !s.recording.Load() {
		return
	}
	kept := min(int64(len(p)), int64(headEnd(p))+s.bodyLimit.Load(), int64(r.extraLimit()))
	r.mu.Lock()
	r.unusable = r.appendExtra(r.unusable[:0], p[:kept])
	r.changed()
	r.mu.Unlock()
	s.signalLate()
}

// headEnd is where the first empty line of p ends, or all of it. Lines before the
// first that is not empty do not count, and LF ends a line as CR LF does.
func headEnd(p []byte) int {
	for at, begun := 0, false; ; {
		i := bytes.IndexByte(p[at:], '\n')
		if i < 0 {
			return len(p)
		}
		empty := len(bytes.TrimRight(p[at:at+i], "\r")) == 0
		if at += i + 1; empty && begun {
			return at
		}
		begun = begun || !empty
	}
}

func (r *Record) extraLimit() int { return min(maxExtra, int(r.s.headLimit.Load())) }

// appendExtra appends p if the budget has room for it.
func (r *Record) appendExtra(to, p []byte) []byte {
	if len(to)+len(p) > cap(to) {
		grown := max(len(to)+len(p), min(2*cap(to), maxExtra))
		if !r.hold(int64(grown - cap(to))) {
			return to
		}
		to = append(make([]byte, 0, grown), to...)
	}
	return append(to, p...)
}
