package http1

import (
	"bytes"

	"posthouse/proxy/flow"
)

func indexLF(b []byte) int { return bytes.IndexByte(b, '\n') }

// cutCR cuts one CR off the end of a line.
func cutCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// head writes a head that scan has found into m.out. tunnel leaves all framing out.
func (m *mender) head(raw []byte, tunnel bool) error {
	m.out, m.mended = m.out[:0], 0
	for {
		line, rest := m.nextLine(raw)
		raw = rest
		if len(line) > 0 {
			if err := m.statusLine(line); err != nil {
				return err
			}
			break
		}
		m.mended |= flow.MendedBlankLines
	}
	m.out = append(m.out, "\r\n"...)
	fields := len(m.out)
	if err := m.fields(raw); err != nil {
		return err
	}
	if err := m.framing(fields, tunnel); err != nil {
		return err
	}
	m.out = append(m.out, "\r\n"...)
	return nil
}

// nextLine cuts the first line off b, without its end.
func (m *mender) nextLine(b []byte) (line, rest []byte) {
	i := indexLF(b)
	line, rest = b[:i], b[i+1:]
	if i == 0 || line[i-1] != '\r' {
		m.mended |= flow.MendedLineEnds
	}
	return cutCR(line), rest
}

// statusLine appends "HTTP/1.1 SP 3DIGIT [SP reason]" for a line that says so in
// another way (RFC 9112 section 4).
func (m *mender) statusLine(line []byte) error {
	rest, err := m.version(line)
	if err != nil {
		return err
	}
	n := 0
	for n < len(rest) && isBlank(rest[n]) {
		n++
	}
	if n == 0 {
		return ErrStatusLine
	}
	if n > 1 || rest[0] != ' ' {
		m.mended |= flow.MendedStatusLine
	}
	rest = rest[n:]
	if len(rest) < 3 || !allDigits(rest[:3]) || rest[0] == '0' || len(rest) > 3 && allDigits(rest[3:4]) {
		return ErrStatusLine
	}
	m.out = append(append(m.out, ' '), rest[:3]...)
	reason := rest[3:]
	if len(reason) == 0 {
		return nil
	}
	if reason[0] == ' ' {
		reason = reason[1:]
	} else {
		m.mended |= flow.MendedStatusLine
	}
	m.out = append(m.out, ' ')
	start := len(m.out)
	m.out = append(m.out, reason...)
	return m.clearControls(m.out[start:], true)
}

// version appends the version and returns what follows it.
func (m *mender) version(line []byte) (rest []byte, err error) {
	m.minor = '0'
	if len(line) > 3 && EqualFold(line[:3], "icy") {
		m.mended |= flow.MendedProtocol
		m.out = append(m.out, "HTTP/1.0"...)
		return line[3:], nil
	}
	if len(line) < 8 || !EqualFold(line[:5], "http/") {
		return nil, ErrStatusLine
	}
	if string(line[:5]) != "HTTP/" {
		m.mended |= flow.MendedStatusLine
	}
	m.out = append(append(m.out, "HTTP/"...), line[5:8]...)
	if _, err := parseVersion(m.out[len(m.out)-8:]); err != nil {
		return nil, err
	}
	m.minor = line[7]
	return line[8:], nil
}

// clearControls puts spaces for what may stand in no value (RFC 9110 section 5.5,
// RFC 9112 section 2.2), and for all controls if asked to. What some readers would
// take for the end of a line is refused where framing could follow it.
func (m *mender) clearControls(value []byte, all bool) error {
	if cleanText(value) {
		return nil
	}
	if i := bytes.IndexByte(value, '\r'); i >= 0 && m.holdsFraming(value[i:]) {
		return ErrControl
	}
	for i, c := range value {
		switch {
		case c == 0 || c == '\r', all && (c < ' ' && c != '\t' || c == 0x7f):
			value[i] = ' '
			m.mended |= flow.MendedControls
		case c < ' ' && c != '\t' || c == 0x7f:
			m.mended |= flow.MendedControlsKept
		}
	}
	return nil
}

// fields appends the field lines of a section, each with its CR LF.
func (m *mender) fields(section []byte) error {
	m.open, m.lengths, m.codings = false, 0, 0
	for len(section) > 0 {
		line, rest := m.nextLine(section)
		section = rest
		switch {
		case len(line) == 0: // the end
		case isBlank(line[0]):
			if err := m.fold(line); err != nil {
				return err
			}
		default:
			if err := m.endField(); err != nil {
				return err
			}
			m.line, m.open, m.colon = len(m.out), true, bytes.IndexByte(line, ':') >= 0
			m.out = append(m.out, line...)
		}
	}
	return m.endField()
}

// fold joins a line that starts with white space to the one before it (RFC 9112
// section 5.2). Behind what is no field it goes with that (section 2.2).
func (m *mender) fold(line []byte) error {
	if m.open && m.colon {
		m.mended |= flow.MendedFolds
		for isBlank(m.out[len(m.out)-1]) {
			m.out = m.out[:len(m.out)-1]
		}
		m.out = append(append(m.out, ' '), trimOWS(line)...)
		return nil
	}
	if m.holdsFraming(line) {
		return ErrFold
	}
	if !cleanText(line) {
		return ErrControl
	}
	m.mended |= flow.MendedDropped
	return m.endField()
}

// endField mends the field line under way, which is whole now.
func (m *mender) endField() error {
	if !m.open {
		return nil
	}
	m.open = false
	line := m.out[m.line:]
	colon := bytes.IndexByte(line, ':')
	name := line[:max(colon, 0)]
	for len(name) > 0 && isBlank(name[len(name)-1]) {
		name = name[:len(name)-1]
	}
	if len(name) == 0 { // clients either skip such a line or refuse the answer
		switch {
		case !cleanText(line):
			return ErrControl
		case m.holdsFraming(line):
			return ErrFieldName
		}
		m.mended |= flow.MendedDropped
		m.out = m.out[:m.line]
		return nil
	}
	if n := colon - len(name); n > 0 {
		m.mended |= flow.MendedColonSpace
		copy(line[len(name):], line[colon:])
		m.out = m.out[:len(m.out)-n]
		line = m.out[m.line:]
	}
	if err := m.checkName(name); err != nil {
		return err
	}
	value := line[len(name)+1:]
	known := lookup(name)
	if known == ContentLength || known == TransferEncoding {
		if !cleanText(value) {
			return ErrControl
		}
		if known == ContentLength {
			m.lengths++
		} else {
			m.codings++
		}
	}
	if err := m.clearControls(value, false); err != nil {
		return err
	}
	m.out = append(m.out, "\r\n"...)
	return nil
}

// checkName lets a name with odd bytes pass, unless somebody could take it for
// one that says where a message ends.
func (m *mender) checkName(name []byte) error {
	switch {
	case isClass(name, classToken):
		return nil
	case !cleanText(name):
		return ErrControl
	case m.holdsFraming(name):
		return ErrFieldName
	}
	m.mended |= flow.MendedNamesKept
	return nil
}

// holdsFraming reports whether b without the bytes that no name can have is the
// name of a field that is of the connection, or holds one of framing.
func (m *mender) holdsFraming(b []byte) bool {
	m.bare = m.bare[:0]
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if classes[c]&classToken != 0 {
			m.bare = append(m.bare, c)
		}
	}
	switch lookup(m.bare) {
	case Connection, ProxyConnection, KeepAlive, Upgrade, Trailer, TE:
		return true
	}
	return bytes.Contains(m.bare, []byte("content-length")) || bytes.Contains(m.bare, []byte("transfer-encoding"))
}
