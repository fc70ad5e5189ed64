package http1

const (
	maxChunkDigits = 16
	maxChunkLine   = 4096      // bytes of one size line with its extensions
	maxExtensions  = 256 << 10 // bytes of extensions in one body; past that only a flood sends them
)

type chunkState uint8

const (
	stateSize chunkState = iota
	stateBlank
	stateExtension
	stateSizeLF
	stateData
	stateDataCR
	stateDataLF
	stateTrailer
	stateDone
)

// Chunks follows the chunked framing of a body (RFC 9112 section 7.1) over
// bytes that arrive piece by piece. It alters nothing: the caller passes the
// validated bytes on as they came, or only the data.
type Chunks struct {
	MaxTrailer int // bytes of the whole trailer section; must be above zero
	MaxFields  int // trailer lines; must be above zero

	state     chunkState
	digits    int
	line      int
	size      uint64
	extension int
	trailer   []byte // the section so far, for validation and the record
	start     int    // where the trailer line under way starts
	fields    int
}

// keptTrailer bounds the memory for trailers that a reused Chunks keeps, in bytes.
const keptTrailer = 4 << 10

// Reset makes c ready for another body; limits stay.
func (c *Chunks) Reset() {
	if cap(c.trailer) > keptTrailer {
		c.trailer = nil
	}
	*c = Chunks{MaxTrailer: c.MaxTrailer, MaxFields: c.MaxFields, trailer: c.trailer[:0]}
}

// Done reports whether the whole body, with its trailer section, was seen.
func (c *Chunks) Done() bool { return c.state == stateDone }

// InTrailer reports whether the last chunk was seen: what follows is the trailer section.
func (c *Chunks) InTrailer() bool { return c.state >= stateTrailer }

// Trailer is the trailer section's lines as sent, without the closing empty
// line. It is valid until Reset.
func (c *Chunks) Trailer() []byte { return c.trailer[:c.start] }

// Next looks at the start of p and returns how many bytes of it are well
// formed and belong to the body, and the payload among them, if any: data lies
// in p[:n] and ends at n. It returns early at each piece of payload and where the
// trailer section begins; call again with p[n:] until p is used up, Done, or an
// error. With an error, n bytes before the fault are still valid.
func (c *Chunks) Next(p []byte) (n int, data []byte, err error) {
	chunks := !c.InTrailer()
	for n < len(p) && c.state != stateDone {
		if chunks && c.state == stateTrailer {
			break
		}
		if c.state == stateData {
			take := len(p) - n
			if uint64(take) >= c.size {
				take = int(c.size)
				c.state = stateDataCR
			}
			c.size -= uint64(take)
			return n + take, p[n : n+take], nil
		}
		if err := c.step(p[n]); err != nil {
			return n, nil, err
		}
		n++
	}
	return n, nil, nil
}

func (c *Chunks) step(b byte) error {
	switch c.state {
	case stateSize, stateBlank, stateExtension, stateSizeLF:
		return c.sizeLine(b)
	case stateDataCR:
		if b != '\r' {
			return ErrChunkEnd
		}
		c.state = stateDataLF
	case stateDataLF:
		if b != '\n' {
			return ErrChunkEnd
		}
		c.state, c.digits, c.line = stateSize, 0, 0
	case stateTrailer:
		return c.trailerByte(b)
	}
	return nil
}

// sizeLine follows chunk-size [ chunk-ext ] CRLF.
func (c *Chunks) sizeLine(b byte) error {
	c.line++
	if c.line > maxChunkLine {
		return ErrChunkLine
	}
	switch c.state {
	case stateSize:
		return c.sizeByte(b)
	case stateBlank: // white space may only lead to an extension
		switch b {
		case ' ', '\t':
			return nil
		case ';':
			c.state = stateExtension
			return nil
		}
		return ErrChunkSize
	case stateExtension:
		if b == '\r' {
			c.state = stateSizeLF
			return nil
		}
		c.extension++
		if b < ' ' && b != '\t' || b == 0x7f || c.extension > maxExtensions {
			return ErrChunkLine
		}
		return nil
	}
	if b != '\n' {
		return ErrChunkLine
	}
	if c.size == 0 {
		c.state, c.start = stateTrailer, 0
		return nil
	}
	c.state = stateData
	return nil
}

func (c *Chunks) sizeByte(b byte) error {
	v := unhex(b)
	switch {
	case v < 16:
		c.digits++
		if c.digits > maxChunkDigits || c.size >= 1<<58 {
			return ErrChunkTooLarge
		}
		c.size = c.size<<4 | uint64(v)
		return nil
	case c.digits == 0:
		return ErrChunkSize
	}
	switch b {
	case ';':
		c.state = stateExtension
	case ' ', '\t':
		c.state = stateBlank
	case '\r':
		c.state = stateSizeLF
	default:
		return ErrChunkSize
	}
	return nil
}

func unhex(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return b - '0'
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10
	}
	return 0xff
}

// trailerByte follows *( field-line CRLF ) CRLF; each line is parsed when whole.
func (c *Chunks) trailerByte(b byte) error {
	if len(c.trailer) >= c.MaxTrailer {
		return ErrTrailerLarge
	}
	c.trailer = append(c.trailer, b)
	if b != '\n' {
		return nil
	}
	line := c.trailer[c.start:]
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return ErrBareLF
	}
	if len(line) == 2 {
		c.state = stateDone
		return nil
	}
	var f Field
	if err := parseField(line, &f); err != nil {
		return err
	}
	if c.fields++; c.fields > c.MaxFields {
		return ErrTrailerLarge
	}
	c.start = len(c.trailer)
	return nil
}
