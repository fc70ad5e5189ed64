package redact

import "bytes"

// pairs masks the second of two texts in a list, of which the first is a name, as lists of fields
// have them: ["Cookie", "a=b"]. Two names in a list are no pair: it has to be in a list of lists, or
// the text has to look like what the name says.
func (s members) pairs(from, to int) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], '[')
		if n < 0 {
			return
		}
		at += n + 1
		s.pair(from, at, to)
	}
}

func (s members) pair(from, at, to int) {
	begin, depth, ok := s.opening(at, to)
	if !ok {
		return
	}
	end, after := s.stringEnd(begin, min(to, begin+maxName+maxSpaces), depth, '"')
	how := s.m.names.shape(s.b[begin:end], inField)
	if how == shapeNone {
		how = s.m.names.shape(s.b[begin:end], inMember)
	}
	if how == shapeNone {
		return
	}
	comma := s.skipGap(after, to)
	if comma == to || s.b[comma] != ',' {
		return
	}
	value := s.skipGap(comma+1, to)
	inner, other, ok := s.opening(value, to)
	if !ok || other != depth {
		return
	}
	last, behind := s.stringEnd(inner, to, depth, '"')
	if next := s.skipGap(behind, to); next == to || s.b[next] != ']' {
		return
	}
	before := at - 2
	for before >= from && isGap(s.b[before]) {
		before--
	}
	inList := before >= from && (s.b[before] == '[' || s.b[before] == ',')
	if inList || looksLike(how, s.b[inner:last]) {
		s.stringValue(how, inner, to, depth, '"')
	}
}

// opening is where the text of a string begins, and how many backslashes its quote has.
func (s members) opening(at, to int) (begin, depth int, ok bool) {
	at = s.skipGap(at, to)
	for at+depth < to && s.b[at+depth] == '\\' {
		depth++
	}
	return at + depth + 1, depth, at+depth < to && s.b[at+depth] == '"'
}

// looksLike reports whether a text is a value of its shape, and no name.
func looksLike(how shape, text []byte) bool {
	switch how {
	case shapeCookies, shapeSetCookie:
		return bytes.IndexByte(text, '=') > 0
	case shapeCredentials:
		return bytes.IndexByte(text, ' ') > 0
	}
	return false
}
