package proxy

import (
	"bytes"
	"io"
	"strconv"

	"posthouse/proxy/capture"
	"posthouse/proxy/http1"
	"posthouse/proxy/rules"
	"posthouse/proxy/socket"
)

// Bodies that rules change, over HTTP/1.

// http1Source is a body on a connection. What it has returned stays in the connection's buffer
// until the next call.
type http1Source struct {
	sock    *socket.Conn
	fill    func(bulk bool) error // reads on, within the time for it
	framing http1.Framing
	left    int64        // of http1.Length
	used    int          // bytes of the buffer that were returned
	pause   func() error // waits before content passes; nil: it does not

	// Chunked:
	x       *http1Exchange
	chunks  *http1.Chunks
	head    *http1.Head
	plain   bool // what passes is the content alone, for a peer that knows no chunks
	raw     []byte
	data    []byte
	record  func([]byte) // of content
	trailer func([]byte)
}

func (s *http1Source) ready() bool { return len(s.sock.Buffered()) > s.used }

// release gives up what was returned.
func (s *http1Source) release() {
	s.sock.Discard(s.used)
	s.used = 0
}

func (s *http1Source) next() (bodyPiece, error) {
	piece, err := s.read()
	if s.pause != nil && len(piece.data) > 0 {
		if ended := s.pause(); ended != nil {
			return bodyPiece{}, ended
		}
	}
	return piece, err
}

func (s *http1Source) read() (bodyPiece, error) {
	s.release()
	if s.framing == http1.NoBody || s.framing == http1.Length && s.left == 0 || s.framing == http1.Chunked && s.chunks.Done() {
		return bodyPiece{}, io.EOF
	}
	if len(s.sock.Buffered()) == 0 {
		if err := s.fill(s.framing != http1.Length || s.left > socket.SmallBuffer); err != nil {
			if err == io.EOF && s.framing != http1.UntilClose {
				err = io.ErrUnexpectedEOF
			}
			return bodyPiece{}, err
		}
	}
	b := s.sock.Buffered()
	if s.framing == http1.Chunked {
		return s.unframe(b)
	}
	if s.framing == http1.Length {
		b = b[:min(int64(len(b)), s.left)]
		s.left -= int64(len(b))
	}
	s.used = len(b)
	s.record(b)
	piece := bodyPiece{raw: b, data: b, between: true}
	if s.framing == http1.Length && s.left == 0 {
		return piece, io.EOF
	}
	return piece, nil
}

// unframe follows the framing over b.
func (s *http1Source) unframe(b []byte) (bodyPiece, error) {
	c := s.chunks
	p, section := chunkPiece{}, 0
	s.raw, s.data = s.raw[:0], s.data[:0]
	var err error
	for p.used < len(b) && !c.Done() && err == nil {
		chunks := !c.InTrailer()
		var n int
		var data []byte
		n, data, err = c.Next(b[p.used:])
		if p.used += n; chunks {
			section = p.used
		}
		if cut, put := c.Fix(); cut > 0 {
			s.raw = append(append(s.raw, b[p.copied:p.used-cut]...), put...)
			p.copied = p.used
		}
		s.data = append(s.data, data...)
	}
	s.x.recordMended(c.Mended)
	s.x.endPiece(&p, section, c, s.head)
	s.raw = append(append(s.raw, b[p.copied:max(p.raw, p.copied)]...), p.tail...)
	s.used = p.used
	if s.record(s.data); c.Done() {
		s.trailer(c.SentTrailer())
	}
	piece := bodyPiece{raw: s.raw, data: s.data, between: c.Between()}
	if s.plain {
		piece.raw = s.data
	}
	if err == nil && c.Done() {
		err = io.EOF
	}
	return piece, err
}

// http1Target is where a body goes on a connection.
type http1Target struct {
	head    []byte // that comes before it, nil once it was sent
	was     http1.Framing
	plain   bool                 // it ends with the connection, as far as it was chunked
	send    func(p []byte) error // writes to the connection
	went    capture.Went
	work    *rules.Rewriting
	ruled   func(length int64)    // the head is another one
	trailer func() (lines []byte) // with the empty line behind it
	chunks  bool                  // it goes out in chunks of Posthouse's own
	content []byte                // of the piece to be sent
	wire    []byte
}

func (t *http1Target) original(raw []byte) error {
	t.wire = append(append(t.wire[:0], t.head...), raw...)
	t.head = nil
	return t.sendWire()
}

func (t *http1Target) note(p []byte) { t.went.Same(p) }

// record notes what goes on, of which as much is as it came as comes before the first change; one
// that is coded anew is another from its beginning on.
func (t *http1Target) record(p []byte) {
	if t.work.Changed() || t.work.Coded() {
		t.went.Add(p)
	} else {
		t.went.Same(p)
	}
}

func (t *http1Target) sendWire() error {
	if len(t.wire) == 0 {
		return nil
	}
	return t.send(t.wire)
}

func (t *http1Target) framed() bool { return t.was == http1.Chunked || t.was == http1.UntilClose }

func (t *http1Target) begin(length int64) error {
	t.record(nil)
	switch {
	case t.was == http1.Chunked:
		t.chunks = !t.plain
	case t.was == http1.UntilClose:
	default:
		t.head = reframed(t.head, length)
		t.ruled(length)
		t.chunks = length < 0
	}
	return nil
}

func (t *http1Target) write(p []byte) error {
	for len(p) > 0 {
		n := min(len(p), bodyPieces-len(t.content))
		t.content = append(t.content, p[:n]...)
		if p = p[n:]; len(t.content) == bodyPieces {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *http1Target) flush() error {
	t.wire = append(t.wire[:0], t.head...)
	t.head = nil
	t.piece()
	return t.sendWire()
}

// piece puts what is to be sent on the wire.
func (t *http1Target) piece() {
	switch {
	case len(t.content) == 0:
		return
	case t.chunks:
		t.wire = append(strconv.AppendInt(t.wire, int64(len(t.content)), 16), "\r\n"...)
		t.wire = append(append(t.wire, t.content...), "\r\n"...)
	default:
		t.wire = append(t.wire, t.content...)
	}
	t.record(t.content)
	t.content = t.content[:0]
}

func (t *http1Target) end() error {
	t.wire = append(t.wire[:0], t.head...)
	t.head = nil
	t.piece()
	t.record(nil) // its end may be what was left out
	if t.chunks {
		t.wire = append(append(t.wire, "0\r\n"...), t.trailer()...)
	}
	return t.sendWire()
}

// reframed is a head whose body has so many bytes, or comes in chunks where that is negative. It
// had a length before, or no body.
func reframed(head []byte, length int64) []byte {
	field := []byte("Transfer-Encoding: chunked\r\n")
	if length >= 0 {
		field = append(strconv.AppendInt([]byte("Content-Length: "), length, 10), "\r\n"...)
	}
	out, done := make([]byte, 0, len(head)+len(field)), false
	for line := range bytes.Lines(head) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch {
		case http1.EqualFold(name, "content-length"):
			if !done && length >= 0 { // its name as it came
				out = append(append(out, name...), field[len("Content-Length"):]...)
			} else if !done {
				out = append(out, field...)
			}
			done = true
			continue
		case !done && len(bytes.TrimRight(line, "\r\n")) == 0:
			out = append(out, field...)
		}
		out = append(out, line...)
	}
	return out
}

// encodings are the values of Content-Encoding of a head, and part says that its body is a part
// of a whole.
func encodings(h *http1.Head) (values []string, part bool) {
	for i := range h.Fields {
		switch f := &h.Fields[i]; {
		case http1.EqualFold(f.Name, "content-encoding"):
			values = append(values, string(f.Value))
		case http1.EqualFold(f.Name, "content-range"):
			part = true
		}
	}
	return values, part
}
