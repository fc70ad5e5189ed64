package websocket

import (
	"bufio"
	"errors"
	"io"

	"posthouse/proxy/reason"
)

// Message is what a peer said: a text, bytes, or a control frame.
type Message struct {
	Opcode   Opcode
	Data     []byte // its begin: at most Reader.Keep bytes
	Size     int64  // of all of it, in bytes
	Wire     int64  // bytes of payload that it took; fewer where it was compressed
	Frames   int
	Deflated bool
}

// Reader takes what a server sends apart into messages.
type Reader struct {
	// Keep bounds what is kept of a message, in bytes. What is longer is read and counted.
	Keep int
	// Control is told of each control frame when it comes, also amid the frames of a message.
	// Its error ends the reading.
	Control func(Message) error

	src     *bufio.Reader
	inflate *inflater // nil where nothing is compressed
	left    int64     // bytes of the frame that are still to come
	final   bool      // no frame of the message follows this one
	now     Message   // that is being read
}

// NewReader makes a reader of what follows a handshake. params says what was agreed of
// compression, nil for nothing.
func NewReader(src io.Reader, params *Deflate) *Reader {
	r := &Reader{src: bufio.NewReaderSize(src, 32<<10), Keep: 1 << 20}
	if params != nil {
		r.inflate = newInflater(params)
	}
	return r
}

// Next is the next text or binary message. An *Error is a fault of the peer's; io.EOF is
// an end between two messages.
func (r *Reader) Next() (Message, error) {
	r.now, r.final, r.left = Message{}, false, 0
	if err := r.frame(); err != nil {
		return Message{}, err
	}
	content := io.Reader(pieces{r})
	if r.now.Deflated {
		content = r.inflate.open(content)
	}
	err := r.keep(content)
	switch {
	case err == io.ErrUnexpectedEOF && r.now.Deflated && r.final && r.left == 0: // its frames are there to the end
		return Message{}, broken(reason.SocketDeflate, r.now.Wire)
	case err != nil:
		return Message{}, cut(err)
	}
	return r.now, nil
}

// cut is an error inside a message: an end there is none of the connection's.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// keep reads a message: its begin is kept, all is counted.
func (r *Reader) keep(content io.Reader) error {
	buf := make([]byte, 4<<10)
	for {
		n, err := content.Read(buf)
		r.now.Size += int64(n)
		r.now.Data = append(r.now.Data, buf[:min(n, max(0, r.Keep-len(r.now.Data)))]...)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if n == len(buf) && n < 32<<10 {
			buf = make([]byte, 2*n)
		}
	}
}

// frame reads headers until that of the next frame with content; control frames before it
// are told.
func (r *Reader) frame() error {
	for {
		h, err := r.header()
		if err != nil {
			return err
		}
		if !h.Opcode.Control() {
			r.begin(h)
			return nil
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(r.src, payload); err != nil {
			return cut(err)
		}
		if h.Opcode == Close && h.Length == 1 {
			return broken(reason.SocketClose)
		}
		if r.Control != nil {
			if err := r.Control(Message{Opcode: h.Opcode, Data: payload, Size: h.Length, Wire: h.Length, Frames: 1}); err != nil {
				return err
			}
		}
	}
}

// header reads one, and checks what a client checks (RFC 6455 sections 5.1 to 5.5).
func (r *Reader) header() (Header, error) {
	b, err := r.src.Peek(2)
	for want := 3; ; want++ {
		h, n, short := ParseHeader(b)
		switch {
		case len(b) == 0 && r.now.Frames == 0:
			return h, err
		case errors.Is(short, ErrShort) && err != nil:
			return h, cut(err)
		case errors.Is(short, ErrShort):
			b, err = r.src.Peek(want)
			continue
		case short != nil:
			return h, short
		}
		_, _ = r.src.Discard(n)
		return h, r.check(&h)
	}
}

func (r *Reader) check(h *Header) error {
	first := h.Opcode == Text || h.Opcode == Binary
	reserved := h.Reserved
	if first && r.inflate != nil {
		reserved &^= bitDeflated
	}
	switch {
	case !h.Opcode.known():
		return broken(reason.SocketOpcode, int(h.Opcode))
	case reserved != 0:
		return broken(reason.SocketReserved)
	case h.Masked:
		return broken(reason.SocketMasked)
	case h.Opcode.Control() && (!h.Final || h.Length > MaxControl):
		return broken(reason.SocketControl)
	case h.Opcode == Continuation && r.now.Frames == 0, first && r.now.Frames > 0:
		return broken(reason.SocketOrder)
	}
	return nil
}

// begin has the payload of a frame be read.
func (r *Reader) begin(h Header) {
	if r.now.Frames == 0 {
		r.now.Opcode, r.now.Deflated = h.Opcode, h.Reserved&bitDeflated != 0
	}
	r.now.Frames++
	r.left, r.final = h.Length, h.Final
}

// pieces are the payloads of a message's frames, one behind the other.
type pieces struct{ r *Reader }

func (p pieces) Read(b []byte) (int, error) {
	r := p.r
	for r.left == 0 {
		if r.final {
			return 0, io.EOF
		}
		if err := r.frame(); err != nil {
			return 0, cut(err)
		}
	}
	n, err := r.src.Read(b[:min(int64(len(b)), r.left)])
	r.left -= int64(n)
	r.now.Wire += int64(n)
	return n, cut(err)
}
