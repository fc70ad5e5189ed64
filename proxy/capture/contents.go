package capture

import "posthouse/proxy/flow"

const (
	maxBeyond   = 1 << 10 // bytes kept of each text of a row that lies beyond what is kept of its head
	blockSlack  = 1536    // bytes left in a block for the response head and a small body
	tunnelSlack = 64
)

// contents is what a record keeps of its exchange's messages: heads, bodies as they
// begin, trailers, and an answer that was not passed on. Record.mu guards it; cost
// and the references into the bodies log are the store's too.
type contents struct {
	s        *Store
	cost     int64 // bytes of the budget held beside the logs; guarded by Store.mu
	block    *block
	headsEnd int // what the block holds beyond this are staged bodies only
	req      blob
	resp     blob
	spans    [spanCount]Span // relative to their blob
	interim  []byte
	unusable []byte
	ruled    ruled
	trailers [2][]byte
	request  body
	response body
	sent     *Sent // who sends it, where that is Posthouse: it is kept also while recording is paused
}

// ruled is what rules did.
type ruled struct {
	effects flow.Effects
	did     string    // by flow.PackReasons
	idle    string    // likewise: of each rule that applied, what is told of it if nothing else is
	heads   [2][]byte // after rules: request, response
	went    *[2]went  // bodies that rules changed, likewise; nil where none was
}

// A blob is what is kept of a head, and then what the row needs beyond it.
type blob struct{ off, len, head uint32 }

// reset gives the memory back, and leaves the rest to the next exchange.
func (k *contents) reset() {
	k.s.blocks.put(k.block)
	*k = contents{s: k.s}
}

// size is how many bytes write takes.
func (k *contents) size() int {
	return int(k.req.len+k.resp.len) + len(k.interim) + len(k.trailers[0]) + len(k.trailers[1]) + len(k.unusable) +
		len(k.ruled.heads[0]) + len(k.ruled.heads[1])
}

// describe writes down how long each part is, in the order of write.
func (k *contents) describe(h *rowHeader) {
	h.up, h.down = k.request.size, k.response.size
	h.spans = k.spans
	h.requestBlob, h.requestHead = k.req.len, k.req.head
	h.responseBlob, h.responseHead = k.resp.len, k.resp.head
	h.interim = uint32(len(k.interim))
	h.trailers = [2]uint32{uint32(len(k.trailers[0])), uint32(len(k.trailers[1]))}
	h.unusable = uint32(len(k.unusable))
	h.altered.effects = k.ruled.effects
	h.altered.heads = [2]uint32{uint32(len(k.ruled.heads[0])), uint32(len(k.ruled.heads[1]))}
}

// write puts all but the bodies into the rows log at pos.
func (k *contents) write(l *rowLog, pos uint64) {
	buf := k.block.buf
	pos = l.write(pos, buf[k.req.off:][:k.req.len])
	pos = l.write(pos, buf[k.resp.off:][:k.resp.len])
	pos = l.write(pos, k.interim)
	pos = l.write(pos, k.trailers[0])
	pos = l.write(pos, k.trailers[1])
	pos = l.write(pos, k.unusable)
	pos = l.write(pos, k.ruled.heads[0])
	l.write(pos, k.ruled.heads[1])
}

// keepRequestHead takes the record's first block and fills it.
func (k *contents) keepRequestHead(b *Begin) {
	spans := [...]*Span{&k.spans[spanMethod], &k.spans[spanHost], &k.spans[spanPath], &k.spans[spanProto]}
	*spans[0], *spans[1], *spans[2], *spans[3] = b.Method, b.Host, b.Path, b.Proto
	limit := int(k.s.headLimit.Load())
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
	k.block = k.s.blocks.get(blobSize(head, limit, spans[:]) + len(name) + len(proto) + slack)
	k.req = k.putBlob(head, limit, spans[:])
	if len(name) > 0 {
		*spans[1] = addText(k, name)
	}
	if len(proto) > 0 {
		*spans[3] = addText(k, proto)
	}
}

// addText puts a text of the row behind the request blob.
func addText[T []byte | string](k *contents, text T) Span {
	sp := Span{Off: k.req.len, Len: uint32(len(text))}
	k.block.buf = append(k.block.buf, text...)
	k.req.len += sp.Len
	k.headsEnd = len(k.block.buf)
	return sp
}

// keepResponseHead keeps a response head; a second one replaces the first.
func (k *contents) keepResponseHead(head []byte, contentType Span) {
	if k.resp.len > 0 && int(k.resp.off+k.resp.len) == len(k.block.buf) {
		k.block.buf = k.block.buf[:k.resp.off]
		k.headsEnd = len(k.block.buf)
	}
	limit := int(k.s.headLimit.Load())
	contentType.Len = min(contentType.Len, maxContentType)
	k.spans[spanContentType] = contentType
	spans := [...]*Span{&k.spans[spanContentType]}
	if !k.roomInBlock(blobSize(head, limit, spans[:])) {
		k.resp, k.spans[spanContentType] = blob{}, Span{}
		return
	}
	k.resp = k.putBlob(head, limit, spans[:])
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
func (k *contents) putBlob(head []byte, limit int, spans []*Span) blob {
	kept := min(len(head), limit)
	off := len(k.block.buf)
	buf := append(k.block.buf, head[:kept]...)
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
	k.block.buf = buf
	k.headsEnd = len(buf)
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
func (k *contents) roomInBlock(n int) bool {
	if len(k.block.buf)+n <= cap(k.block.buf) {
		return true
	}
	k.flush(&k.request)
	k.flush(&k.response)
	need := len(k.block.buf) + n
	if need <= cap(k.block.buf) {
		return true
	}
	class := blockClass(need)
	if class >= blockClasses || !k.hold(int64(blockSize(class)-cap(k.block.buf))) {
		return false
	}
	larger := k.s.blocks.get(need)
	larger.buf = append(larger.buf, k.block.buf...)
	k.s.blocks.put(k.block)
	k.block = larger
	return true
}

// hold takes n more bytes of the budget until Finish.
func (k *contents) hold(n int64) bool {
	s := k.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hold(n) {
		return false
	}
	k.cost += n
	return true
}

func (k *contents) extraLimit() int { return min(maxExtra, int(k.s.headLimit.Load())) }

// appendExtra appends p if the budget has room for it.
func (k *contents) appendExtra(to, p []byte) []byte {
	if len(to)+len(p) > cap(to) {
		grown := max(len(to)+len(p), min(2*cap(to), maxExtra))
		if !k.hold(int64(grown - cap(to))) {
			return to
		}
		to = append(make([]byte, 0, grown), to...)
	}
	return append(to, p...)
}
