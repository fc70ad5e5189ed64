package socket

// record follows the records of TLS (RFC 8446 section 5.1) in what the library is given. It
// gets them one at a time, so that it holds nothing behind one that it has read: what came
// with it stays in the buffer below, where it is seen.
type record struct {
	header [5]byte
	headed int // bytes of the header that it has
	left   int // bytes of the content that it has not
}

// next is how much of b the library is given: up to the end of the record under way, or of the one that begins.
func (r *record) next(b []byte) int {
	n := 0
	if r.left == 0 {
		n = copy(r.header[r.headed:], b)
		if r.headed += n; r.headed < len(r.header) {
			return n
		}
		r.headed, r.left = 0, int(r.header[3])<<8|int(r.header[4])
	}
	content := min(r.left, len(b)-n)
	r.left -= content
	return n + content
}
