package http1

import "posthouse/proxy/flow"

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
// validated bytes on as they came, or only the data. With Mends, what breaks the
// rules and has one meaning is taken too, and Fix says what passes in its place.
type Chunks struct {
	MaxTrailer int  // bytes of the whole trailer section; must be above zero
	MaxFields  int  // trailer lines; must be above zero
	Mends      bool // for answers

	Mended flow.Mended // what Fix and Trailer have mended so far

	state     chunkState
	digits    int
	line      int
	size      uint64
	extension int
	trailer   []byte // the section so far, for validation and the record
	start     int    // where the trailer line under way starts
	fields    int

	fix    fix
	blanks int     // white space behind a size that Next has just looked at
	held   []byte  // all of it, where it began in an earlier piece: none has passed
	mender *mender // has mended the trailer section, nil where it keeps the rules
	odd    bool    // the trailer section breaks the rules
}

// fix is what passes in place of the last cut bytes.
type fix struct {
	cut int
	put []byte
}

// Fixes of line ends. They are not to be changed.
var fixedCR, fixedCRLF = []byte("\r"), []byte("\r\n")

// keptTrailer bounds the memory for trailers that a reused Chunks keeps, in bytes.
const keptTrailer = 4 << 10

// Reset makes c ready for another body; limits stay.
func (c *Chunks) Reset() {
	if cap(c.trailer) > keptTrailer {
		c.trailer = nil
	}
	*c = Chunks{MaxTrailer: c.MaxTrailer, MaxFields: c.MaxFields, Mends: c.Mends, trailer: c.trailer[:0]}
}

// Done reports whether the whole body, with its trailer section, was seen.
func (c *Chunks) Done() bool { return c.state == stateDone }

// InTrailer reports whether the last chunk was seen: what follows is the trailer section.
func (c *Chunks) InTrailer() bool { return c.state >= stateTrailer }

// Between reports whether what was seen ends between two chunks, or before the first.
func (c *Chunks) Between() bool { return c.state == stateSize && c.digits == 0 && c.line == 0 }

// Trailer is the trailer section's lines as they may pass, without the closing
// empty line. It is valid until Reset.
func (c *Chunks) Trailer() []byte {
	if c.mender != nil {
		return c.mender.out
	}
	return c.SentTrailer()
}

// SentTrailer is Trailer as sent.
func (c *Chunks) SentTrailer() []byte { return c.trailer[:c.start] }

// Fix is of the last Next: the last cut bytes of those that it has looked at do
// not pass, and put, which is valid until the next Next, passes in their place.
func (c *Chunks) Fix() (cut int, put []byte) { return c.fix.cut, c.fix.put }

// Next looks at the start of p and returns how many bytes of it are well
// formed and belong to the body, and the payload among them, if any: data lies
// in p[:n] and ends at n. It returns early at each piece of payload and where the
// trailer section begins; call again with p[n:] until p is used up, Done, or an
// error. With an error, n bytes before the fault are still valid.
func (c *Chunks) Next(p []byte) (n int, data []byte, err error) {
	chunks := !c.InTrailer()
	c.fix, c.blanks = fix{}, 0
	for n < len(p) && c.state != stateDone && c.fix.cut == 0 {
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
	if c.blanks > 0 && c.state == stateBlank {
		c.fix.cut = c.blanks // what follows says whether it passes
		if len(c.held) == 0 {
			c.held = append(c.held, p[n-c.blanks:n]...)
		}
	}
	return n, nil, nil
}

// mend puts bytes for the last one looked at and the white space before it.
func (c *Chunks) mend(put []byte) {
	c.fix = fix{c.blanks + 1, put}
	c.held = c.held[:0]
	c.Mended |= flow.MendedChunks
}

func (c *Chunks) step(b byte) error {
	switch c.state {
	case stateSize, stateBlank, stateExtension, stateSizeLF:
		return c.sizeLine(b)
	case stateDataCR:
		switch {
		case b == '\r':
			c.state = stateDataLF
		case b == '\n' && c.Mends:
			c.mend(fixedCRLF)
			c.state, c.digits, c.line = stateSize, 0, 0
		default:
			return ErrChunkEnd
		}
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
	case stateBlank:
		return c.blankByte(b)
	case stateExtension:
		switch {
		case b == '\r':
			c.state = stateSizeLF
			return nil
		case b == '\n' && c.Mends:
			return c.looseEnd()
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
	c.sizeEnd()
	return nil
}

func (c *Chunks) sizeEnd() {
	c.state = stateData
	if c.size == 0 {
		c.state, c.start = stateTrailer, 0
	}
}

// looseEnd ends a size line at an LF alone.
func (c *Chunks) looseEnd() error {
	c.mend(fixedCRLF)
	c.sizeEnd()
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
	case b == '\n' && c.Mends:
		return c.looseEnd()
	}
	switch b {
	case ';':
		c.state = stateExtension
	case ' ', '\t':
		c.state = stateBlank
		c.countBlank(b)
	case '\r':
		c.state = stateSizeLF
	default:
		return ErrChunkSize
	}
	return nil
}

func (c *Chunks) countBlank(b byte) {
	if !c.Mends {
		return
	}
	c.blanks++
	if len(c.held) > 0 {
		c.held = append(c.held, b)
	}
}

// blankByte follows white space behind a size, which may only lead to an
// extension. Some servers pad their sizes with it all the same.
func (c *Chunks) blankByte(b byte) error {
	switch {
	case b == ' ' || b == '\t':
		c.countBlank(b)
	case b == ';':
		c.state = stateExtension
		if len(c.held) > 0 { // it may pass after all
			c.fix = fix{c.blanks + 1, append(c.held, ';')}
			c.held = c.held[:0]
		}
		c.blanks = 0
	case b == '\r' && c.Mends:
		c.mend(fixedCR)
		c.state = stateSizeLF
	case b == '\n' && c.Mends:
		return c.looseEnd()
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
