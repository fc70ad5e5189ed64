package websocket

import (
	"crypto/rand"
	"io"
)

// Writer writes messages as a client does: each in one frame, masked by a key of its own.
type Writer struct {
	dst     io.Writer
	deflate *deflater // nil where nothing is compressed
	buf     []byte
}

// pieceSize is how much of a payload is masked and written at a time, in bytes.
const pieceSize = 32 << 10

// NewWriter makes a writer of what follows a handshake. params says what was agreed of
// compression, nil for nothing.
func NewWriter(dst io.Writer, params *Deflate) *Writer {
	w := &Writer{dst: dst, buf: make([]byte, 0, MaxHeader+pieceSize)}
	if params != nil && params.ClientBits == 0 {
		w.deflate = &deflater{fresh: params.ClientFresh}
	}
	return w
}

// Write writes a message or a control frame. Messages go compressed where that was agreed; wire
// is how many bytes of payload it took.
func (w *Writer) Write(opcode Opcode, data []byte) (wire int, deflated bool, err error) {
	h := Header{Final: true, Opcode: opcode, Masked: true}
	if w.deflate != nil && !opcode.Control() && len(data) > 0 {
		if data, err = w.deflate.message(data); err != nil {
			return 0, false, err
		}
		h.Reserved, deflated = bitDeflated, true
	}
	h.Length = int64(len(data))
	if _, err := rand.Read(h.Key[:]); err != nil {
		return 0, false, err
	}
	b := h.Append(w.buf[:0])
	for at := 0; ; {
		n := min(len(data)-at, pieceSize)
		from := len(b)
		b = append(b, data[at:at+n]...)
		Mask(h.Key, at, b[from:])
		if _, err := w.dst.Write(b); err != nil {
			return 0, deflated, err
		}
		if at += n; at == len(data) {
			return len(data), deflated, nil
		}
		b = w.buf[:0]
	}
}
