package http1

import (
	"errors"

	"posthouse/proxy/flow"
)

// ResponseReader reads response heads from bytes that arrive piece by piece. A
// head that keeps the rules is parsed where it lies. One that breaks them is read
// once more: where it has one meaning all the same it is written out as it should
// have been, and that is parsed; what has two meanings is refused. There is one
// parser, so both ways agree.
//
// The zero value is ready. Its memory, and with it a mended Response, is good until Reset.
type ResponseReader struct {
	// Tunnel says that no content follows whatever the fields say, as behind an
	// answer to CONNECT (RFC 9110 section 9.3.6).
	Tunnel bool

	// MendsUpTo makes Read return ErrMendsLong instead of mending a longer head, in
	// bytes: that takes as much memory once more. 0 mends all; with it, what Read
	// looked at is not looked for again.
	MendsUpTo int

	lines  Lines
	mender mender
	broken bool // it breaks the rules
	whole  int  // the head's length, where ErrMendsLong was returned
}

// ErrMendsLong is a broken head above ResponseReader.MendsUpTo.
var ErrMendsLong = errors.New("the head to mend is long")

// keptClean bounds the memory for a mended head that a reused reader keeps, in bytes.
const keptClean = 8 << 10

// Reset makes d ready for another head.
func (d *ResponseReader) Reset() {
	d.lines.Reset()
	if d.broken {
		d.broken, d.whole = false, 0
		d.mender.reset()
	}
}

// Read looks for a head at the start of b, which holds all that was passed
// before. It returns the head's length in b, or 0 while its end has not arrived.
// A first line that is no good is refused as soon as it is there.
func (d *ResponseReader) Read(r *Response, b []byte, limits *Limits) (int, error) {
	if !d.broken {
		n, err := d.strict(r, b, limits)
		if err == nil || err == ErrLineTooLong || err == ErrHeadTooLarge || err == ErrTooManyFields {
			return n, err
		}
		d.broken = true
	}
	n, err := d.whole, error(nil)
	if n == 0 {
		n, err = d.mender.scan(b, limits)
	}
	if n == 0 || err != nil {
		return 0, err
	}
	if d.MendsUpTo > 0 && n > d.MendsUpTo {
		d.whole = n
		return 0, ErrMendsLong
	}
	if err := d.mender.head(b[:n], d.Tunnel); err != nil {
		return 0, err
	}
	clean := d.mender.out
	d.lines.Reset()
	if _, err := d.lines.Scan(clean, limits); err != nil {
		return 0, err
	}
	if err := r.parse(clean, &d.lines, true); err != nil {
		return 0, err
	}
	r.Sent, r.Mended = b[:n], d.mender.mended
	return n, nil
}

// strict reads a head that keeps the rules.
func (d *ResponseReader) strict(r *Response, b []byte, limits *Limits) (int, error) {
	if err := CheckStatus(b); err != nil {
		return 0, err
	}
	n, err := d.lines.Scan(b, limits)
	if err != nil {
		return 0, err
	}
	if n > 0 {
		return n, ParseResponse(r, b[:n], &d.lines)
	}
	if line := d.lines.First(b); line != nil {
		return 0, CheckStatusLine(line)
	}
	return 0, nil
}

// mender writes a head, or the lines of a trailer section, as they should have
// been. It decides only what the bytes mean; the parser reads what comes out.
type mender struct {
	out    []byte
	mended flow.Mended

	// The search for the head's end.
	from  int // where it goes on
	start int // of the line under way
	count int // lines found, without empty ones before the first
	blank int // empty lines before it

	minor byte // of the version, as a digit

	// The field line under way: out[line:], without its end.
	line  int
	open  bool
	colon bool // it has one

	lengths, codings int    // such fields in out
	bare             []byte // scratch
}

func (m *mender) reset() {
	if cap(m.out) > keptClean {
		m.out = nil
	}
	if cap(m.bare) > keptClean {
		m.bare = nil
	}
	*m = mender{out: m.out[:0], bare: m.bare[:0]}
}

// scan is Lines.Scan for lines that may end in LF alone, with empty ones before
// the first. It looks at nothing twice.
func (m *mender) scan(b []byte, limits *Limits) (int, error) {
	if m.count == 0 {
		if err := checkStart(b[m.start:]); err != nil {
			return 0, err
		}
	}
	for {
		i := indexLF(b[m.from:])
		if i < 0 {
			m.from = len(b)
			return 0, m.checkPartial(b, limits)
		}
		end := m.from + i + 1
		line := cutCR(b[m.start : end-1])
		if m.count == 0 && len(line) > limits.StartLine {
			return 0, ErrLineTooLong
		}
		if end > limits.Head {
			return 0, ErrHeadTooLarge
		}
		m.from, m.start = end, end
		switch {
		case len(line) == 1 && line[0] == '\r':
			return 0, ErrControl
		case len(line) > 0:
			m.count++
		case m.count > 0:
			return end, nil
		default:
			if m.blank++; m.blank > maxBlankLines {
				return 0, ErrStatusLine
			}
			if err := checkStart(b[end:]); err != nil {
				return 0, err
			}
			continue
		}
		if m.count == 1 {
			err := m.statusLine(line)
			m.out, m.mended = m.out[:0], 0
			if err != nil {
				return 0, err
			}
		}
		if m.count-1 > limits.Fields {
			return 0, ErrTooManyFields
		}
	}
}

// maxBlankLines bounds the empty lines before a status line. Some servers send one behind a body.
const maxBlankLines = 8

func (m *mender) checkPartial(b []byte, limits *Limits) error {
	if m.count == 0 && len(b)-m.start > limits.StartLine+2 {
		return ErrLineTooLong
	}
	if len(b) > limits.Head {
		return ErrHeadTooLarge
	}
	return nil
}

// checkStart refuses what cannot become a status line that can be mended, nor an
// empty line before one, from its first bytes on.
func checkStart(b []byte) error {
	if len(b) > 0 && (b[0] == '\n' || b[0] == '\r' && (len(b) == 1 || b[1] == '\n')) {
		return nil
	}
	for _, start := range [...]string{"http/", "icy"} {
		if n := min(len(b), len(start)); EqualFold(b[:n], start[:n]) {
			return nil
		}
	}
	return ErrStatusLine
}
