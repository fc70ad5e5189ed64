package redact

import "bytes"

// Assignments of settings and scripts: NAME=value, password = value, var password = 'value'.

// assignments looks for them.
type assignments struct{ *scan }

// assignment masks NAME=value at the beginning of a line or a word.
func (s assignments) assignment(name, equals, to int) {
	if s.m.names.shape(s.b[name:equals], inMember) != shapeSecret {
		return
	}
	end := s.wordEnd(equals+1, to)
	s.mask(Bodies, equals+1, end, s.b[equals+1:end], false)
}

// maxSpaces is how much white space may be at each side of an equals sign, in bytes.
const maxSpaces = 32

// spaced masks a value that stands apart from its equals sign: what is in quotes, and in
// a text for people also a line or a word.
func (s assignments) spaced(from, equals, to int) {
	end := equals
	for end > from && equals-end < maxSpaces && isBlank(s.b[end-1]) {
		end--
	}
	name := end
	for name > from && end-name < maxParamName && isTokenByte(s.b[name-1]) {
		name--
	}
	if name > from && s.b[name-1] == '\\' { // half an escape is no part of it
		name++
	}
	if end == equals || name >= end {
		return
	}
	how := s.m.names.shape(s.b[name:end], inMember)
	if how == shapeNone {
		return
	}
	value := equals + 1
	for value < to && value-equals <= maxSpaces && isBlank(s.b[value]) {
		value++
	}
	quote := value
	for quote < to && s.b[quote] == '\\' {
		quote++
	}
	switch {
	case quote == to:
	case isQuote(s.b[quote]):
		if s.json && s.b[quote] == '"' && quote == value {
			return
		}
		stop, _ := s.stringEnd(quote+1, to, quote-value, s.b[quote])
		if stop = min(to, stop+quote-value+1); s.b[quote] != '`' { // a template alone goes over lines
			stop = quote + indexOr(s.b[quote:stop], '\n', stop-quote)
		}
		members(s).stringValue(how, quote+1, stop, quote-value, s.b[quote])
	case s.lines && s.b[value] != '=' && s.b[value] != '>':
		stop := s.wordEnd(value, to)
		if s.beginsLine(from, name) {
			stop = trimmedEnd(s.b, value, min(to, s.lineEnd(value)))
		}
		values(s).shaped(how, Bodies, value, max(value, stop), plainValue)
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// beginsLine reports whether nothing but white space is before a place in its line.
func (s assignments) beginsLine(from, at int) bool {
	for n := 0; n < maxSpaces && at > from && isBlank(s.b[at-1]); n++ {
		at--
	}
	return at == from || s.b[at-1] == '\n'
}

// wordEnd is where a word ends. A placeholder is part of one, with its space.
func (s *scan) wordEnd(at, to int) int {
	for at < to && s.b[at] > ' ' {
		at += max(1, placeholderSize(s.b[at:to]))
	}
	return at
}

// placeholderSize is how long the placeholder is that a text begins with, 0 where it is none.
func placeholderSize(b []byte) int {
	if !bytes.HasPrefix(b, []byte(opener)) {
		return 0
	}
	at := len(opener)
	if at+1 < len(b) && (b[at] == ' ' || b[at] == '+') && isDigit(b[at+1]) {
		for at++; at < len(b) && isDigit(b[at]); at++ {
		}
	}
	if !bytes.HasPrefix(b[at:], []byte(closer)) {
		return 0
	}
	return at + len(closer)
}
