package http1

import (
	"bytes"

	"posthouse/proxy/flow"
)

// keptNames bounds the memory for detached names that a reused head keeps, in bytes.
const keptNames = 1 << 10

// Detach copies the names that Connection lists, so that Named can be asked
// when the bytes of the head are gone, as they are when a trailer section comes.
func (h *Head) Detach() {
	total := 0
	for _, name := range h.named {
		total += len(name)
	}
	if total == 0 {
		return
	}
	if cap(h.names) < total || cap(h.names) > keptNames {
		h.names = make([]byte, 0, total)
	}
	h.names = h.names[:0]
	for i, name := range h.named {
		start := len(h.names)
		h.names = append(h.names, name...)
		h.named[i] = h.names[start:]
	}
}

// NextField reads the first line of a trailer section that Chunks has accepted
// into f and returns the lines behind it.
func NextField(section []byte, f *Field) []byte {
	end := bytes.IndexByte(section, '\n') + 1
	if end == 0 || parseField(section[:end], f) != nil && !parseOddField(section[:end], f) {
		*f = Field{Line: section}
		return nil
	}
	return section[end:]
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
		if !c.Mends {
			return ErrBareLF
		}
		c.odd = true
		c.Mended |= flow.MendedLineEnds
	}
	if len(cutCR(line[:len(line)-1])) == 0 {
		return c.endTrailer()
	}
	var f Field
	if !c.odd {
		if err := parseField(line, &f); err != nil {
			if !c.Mends {
				return err
			}
			c.odd = true
		}
	}
	if c.fields++; c.fields > c.MaxFields {
		return ErrTrailerLarge
	}
	c.start = len(c.trailer)
	return nil
}

// endTrailer ends the body, and mends a section that broke the rules.
func (c *Chunks) endTrailer() error {
	if c.odd {
		c.mender = new(mender)
		if err := c.mender.fields(c.trailer[:c.start]); err != nil {
			return err
		}
		c.Mended |= c.mender.mended | flow.MendedTrailers
	}
	c.state = stateDone
	return nil
}
