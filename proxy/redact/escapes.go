package redact

import "bytes"

// Escapes of JSON and JavaScript with four hex digits (RFC 8259 section 7): .NET writes quotes so,
// Gson equals signs and ampersands, and anybody may write any letter so.

const (
	// maxEscaped is how much of a text with such escapes is read without them at once, in bytes.
	maxEscaped = 128 << 10
	// maxCut is how far before that a place is looked for where a text can be cut, in bytes.
	maxCut = 4 << 10
	// escapeRoom is how far behind a backslash its escape has ended for certain, in bytes.
	escapeRoom = 12
)

// escapedByte is the ASCII sign that \u00xx at a place stands for, 0 where there is none.
func escapedByte(b []byte, at int) byte {
	if at+6 > len(b) || b[at+1] != 'u' || b[at+2] != '0' || b[at+3] != '0' || !isHex(b[at+4]) || !isHex(b[at+5]) {
		return 0
	}
	if c := unhex(b[at+4])<<4 | unhex(b[at+5]); c >= ' ' && c < 0x7f {
		return c
	}
	return 0
}

// hasEscaped reports whether there is such an escape.
func hasEscaped(b []byte) bool {
	for {
		n := bytes.Index(b, []byte(`\u00`))
		if n < 0 {
			return false
		}
		if escapedByte(b, n) != 0 {
			return true
		}
		b = b[n+1:]
	}
}

// plainBackslashes is how many backslashes stand before a sign that n of them and uxxxx stood for:
// n is halved with each string that it is in. A quote keeps what makes it one of its string.
func plainBackslashes(n int, c byte) int {
	texts := 1
	for n%2 == 0 {
		n, texts = n/2, texts*2
	}
	switch c {
	case '"':
		return (n+1)*texts - 1
	case '\\':
		return (n + 1) * texts
	}
	return (n - 1) * texts
}

// withoutEscapes writes signs of ASCII as themselves; only quotes and backslashes keep a backslash.
func withoutEscapes(b []byte) decoding {
	d := decoding{make([]byte, 0, len(b)), make([]int, 0, len(b)+1)}
	for i := 0; i < len(b); {
		n := 0
		for i+n < len(b) && b[i+n] == '\\' {
			n++
		}
		c := byte(0)
		if n > 0 {
			c = escapedByte(b, i+n-1)
		}
		if c == 0 {
			for range max(n, 1) {
				d.at = append(d.at, i)
				d.text = append(d.text, b[i])
				i++
			}
			continue
		}
		for range plainBackslashes(n, c) {
			d.at = append(d.at, i)
			d.text = append(d.text, '\\')
		}
		if c != '\\' {
			d.at = append(d.at, i)
			d.text = append(d.text, c)
		}
		i += n + 5
	}
	d.at = append(d.at, len(b))
	return d
}

// escaped has a text looked at without such escapes, in pieces.
func (s encodings) escaped(from, to int, look func(d decoding, offset int)) {
	if s.inner >= maxInner || !hasEscaped(s.b[from:to]) {
		return
	}
	for from < to {
		end := to
		if to-from > maxEscaped {
			end = cutBefore(s.b, from, from+maxEscaped)
		}
		if hasEscaped(s.b[from:end]) {
			look(withoutEscapes(s.b[from:end]), from)
		}
		from = end
	}
}

// cutBefore is where a text can be cut: not within an escape, and best between two members.
func cutBefore(b []byte, from, to int) int {
	low := max(from+1, to-maxCut)
	for _, between := range []string{"\n}", ", ", ""} {
		backslash := bytes.LastIndexByte(b[from:to], '\\') + from
		for at := to; at > low; at-- {
			if at <= backslash {
				backslash = from + bytes.LastIndexByte(b[from:at], '\\')
			}
			clean := backslash < from || at-backslash > escapeRoom
			if clean && (between == "" || bytes.IndexByte([]byte(between), b[at-1]) >= 0) {
				return at
			}
		}
	}
	return to
}

// anyEscaped looks through a text as anyText does, without such escapes.
func (s encodings) anyEscaped(from, to int) {
	s.escaped(from, to, func(d decoding, offset int) {
		s.within(d, offset, func(in *scan) {
			in.json, in.lines = s.json, s.lines
			in.anyText(0, len(in.b))
		})
	})
}
