package http1

import (
	"bytes"
	"strconv"

	"posthouse/proxy/flow"
)

// framing is what all fields that say where a content ends come to.
type framing struct {
	length  int64 // -1 while there is none
	badly   bool  // a length is no number
	differ  bool  // there are two
	rough   bool  // it is not written plainly
	chunked bool
	coded   bool // there is a coding that cannot be mended
	tidy    bool // Transfer-Encoding is "chunked", once
}

// addLength notes the elements of a Content-Length value (RFC 9110 section 8.6).
func (f *framing) addLength(value []byte) {
	if _, plain := parseDecimal(value); !plain || f.length >= 0 {
		f.rough = true
	}
	any := false
	for rest := value; rest != nil; {
		var element []byte
		element, rest = nextElement(rest)
		if len(element) == 0 {
			continue
		}
		any = true
		n, ok := parseDecimal(bytes.TrimPrefix(element, []byte("+")))
		switch {
		case !ok:
			f.badly = true
		case f.length >= 0 && f.length != n:
			f.differ = true
		default:
			f.length = n
		}
	}
	f.badly = f.badly || !any
}

// addCoding notes the elements of a Transfer-Encoding value (RFC 9112 section
// 6.1). "identity" was the name for none (RFC 2616 section 3.6).
func (f *framing) addCoding(value []byte) {
	for rest := value; rest != nil; {
		var element []byte
		element, rest = nextElement(rest)
		switch {
		case len(element) == 0:
		case f.chunked: // a coding above chunked, if only "identity"
			f.coded = true
		case EqualFold(element, "chunked"):
			f.chunked = true
		case !EqualFold(element, "identity"):
			f.coded = true
		}
	}
}

// framing settles Content-Length and Transfer-Encoding in the field lines from
// out[fields] on (RFC 9112 section 6.3). What it leaves alone the parser takes or
// refuses, and knows the words for.
func (m *mender) framing(fields int, tunnel bool) error {
	if m.lengths == 0 && m.codings == 0 {
		return nil
	}
	f := framing{length: -1}
	for at := fields; at < len(m.out); {
		field, _, value, next := m.fieldAt(at)
		switch at = next; field {
		case ContentLength:
			f.addLength(value)
		case TransferEncoding:
			f.addCoding(value)
			f.tidy = m.codings == 1 && EqualFold(value, "chunked")
		}
	}
	drops := func(k Known) bool { return tunnel && (k == ContentLength || k == TransferEncoding) }
	switch {
	case tunnel:
		m.mark(flow.MendedLengthDropped, m.lengths > 0)
		m.mark(flow.MendedCoding, m.codings > 0)
	case f.coded, f.chunked && m.minor == '0': // refused
		return nil
	case f.chunked:
		m.mark(flow.MendedLengthDropped, m.lengths > 0)
		m.mark(flow.MendedCoding, !f.tidy)
		drops = func(k Known) bool { return k == ContentLength }
	case f.badly:
		return ErrLength
	case f.differ:
		return ErrLengthDiffers
	default:
		m.mark(flow.MendedLength, f.rough)
		m.mark(flow.MendedCoding, m.codings > 0)
		drops = func(k Known) bool { return k == TransferEncoding }
	}
	m.rewrite(fields, &f, drops)
	return nil
}

func (m *mender) mark(what flow.Mended, yes bool) {
	if yes {
		m.mended |= what
	}
}

// fieldAt takes the field line at out[at] apart; value lies at out[from].
func (m *mender) fieldAt(at int) (field Known, from int, value []byte, next int) {
	line := m.out[at:]
	next = at + indexLF(line) + 1
	line = line[:next-at-2]
	colon := bytes.IndexByte(line, ':')
	from = at + colon + 1
	for from < next-2 && isBlank(m.out[from]) {
		from++
	}
	return lookup(line[:colon]), from, trimOWS(m.out[from : next-2]), next
}

// rewrite leaves out the field lines that drops says, and puts one plain line for
// all others of their name. No line gets longer, so it is done in place.
func (m *mender) rewrite(fields int, f *framing, drops func(Known) bool) {
	to := fields
	written := [2]bool{}
	for at := fields; at < len(m.out); {
		field, from, value, next := m.fieldAt(at)
		which := 0
		if field == TransferEncoding {
			which = 1
		}
		switch {
		case field != ContentLength && field != TransferEncoding:
			to += copy(m.out[to:], m.out[at:next])
		case drops(field), written[which]:
		case field == ContentLength && f.rough:
			written[0] = true
			to += copy(m.out[to:], m.out[at:from])
			to = len(append(strconv.AppendInt(m.out[:to], f.length, 10), "\r\n"...))
		case field == TransferEncoding && !f.tidy:
			if !listHolds(value, "chunked") {
				break
			}
			written[1] = true
			to += copy(m.out[to:], m.out[at:from])
			to += copy(m.out[to:], "chunked\r\n")
		default:
			to += copy(m.out[to:], m.out[at:next])
		}
		at = next
	}
	m.out = m.out[:to]
}
