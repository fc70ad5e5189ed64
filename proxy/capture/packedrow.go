package capture

import (
	"net/netip"

	"posthouse/proxy/flow"
)

// zone is the IPv6 zone of an address, mostly none.
func zone(a netip.AddrPort) string { return a.Addr().Zone() }

// gather reads the header of the finished row at pos and appends its texts to p
// in the order that packedRow wants.
func (l *rowLog) gather(pos uint64, p []byte) (rowHeader, []byte) {
	h := l.header(pos)
	texts := pos + uint64(rowHeaderSize)
	request := texts + uint64(h.textsSize())
	response := request + uint64(h.requestBlob)
	for i := range h.spans {
		sp, blob := h.spans[i], request
		if i == spanContentType {
			blob = response
		}
		start := len(p)
		p = l.appendTo(p, blob+uint64(sp.Off), int(sp.Len))
		if i == spanPath {
			p = rootPath(p, start, &h)
		}
	}
	return h, l.appendTo(p, texts, h.textsSize())
}

// rootPath puts a slash before the path that begins at start where it needs one.
func rootPath(p []byte, start int, h *rowHeader) []byte {
	if rooted(p[start:], h.scheme) {
		return p
	}
	p = append(p, 0)
	copy(p[start+1:], p[start:])
	p[start] = '/'
	h.spans[spanPath].Len++
	return p
}

// row makes the Row of an exchange in flight; false if it has ended meanwhile.
func (r *Record) row(ref flightRef) (flow.Row, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.id != ref.id {
		return flow.Row{}, false
	}
	return r.rowLocked(ref), true
}

// rowLocked needs r.mu.
func (r *Record) rowLocked(ref flightRef) flow.Row {
	var m packedRow
	r.rowHeader(&m.rowHeader)
	m.rev, m.said = ref.rev, ref.said
	var space [512]byte
	p := space[:0]
	for i := range m.spans {
		sp, blob := m.spans[i], r.kept.req
		if i == spanContentType {
			blob = r.kept.resp
		}
		start := len(p)
		p = append(p, r.kept.block.buf[blob.off+sp.Off:][:sp.Len]...)
		if i == spanPath {
			p = rootPath(p, start, &m.rowHeader)
		}
	}
	for _, text := range r.texts() {
		p = append(p, text...)
	}
	m.text = string(p)
	return m.row()
}
