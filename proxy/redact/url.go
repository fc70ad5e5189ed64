package redact

import "bytes"

// URLs: parameters of the query and the fragment, of the path, and user and password.

// maxParamName is how far back from an equals sign a name is looked for, in bytes.
const maxParamName = maxName

// parameters finds name=value behind ?, & or #, and attributes name="value". In a form the text
// begins with a name, and only & ends a value.
func (s *scan) parameters(from, to int, form bool) {
	b := s.b[:to]
	for at := from; ; {
		n := bytes.IndexByte(b[at:], '=')
		if n < 0 {
			return
		}
		equals := at + n
		at = equals + 1
		name := equals
		for name > from && equals-name < maxParamName && isParamByte(b[name-1]) {
			name--
		}
		switch {
		case at == to:
		case name == equals:
			assignments{s}.spaced(from, equals, to)
		case s.opensParam(name, from, form):
			at = s.parameter(name, equals, to, form)
		case isQuote(b[at]) || b[at] == '\\':
			markup{s}.attribute(from, name, equals, to)
		case s.lines && (name == from || b[name-1] == '\n' || b[name-1] == ' '):
			assignments{s}.assignment(name, equals, to)
		case name > from && isGap(b[name-1]):
			markup{s}.bareAttribute(from, name, equals, to)
		}
	}
}

func isParamByte(c byte) bool {
	return isTokenByte(c) || c == '[' || c == ']' || c == '%' || c == '$' || c == '~' || c == '+' || c >= 0x80
}

// opensParam reports whether a parameter's name may begin there.
func (s *scan) opensParam(name, from int, form bool) bool {
	if name == from {
		return form
	}
	switch s.b[name-1] {
	case '?', '#':
		return true
	case '&':
		return name-2 < from || s.b[name-2] != '&' || form || s.inQuery(from, name-2)
	case ';':
		return bytes.HasSuffix(s.b[from:name], []byte("&amp;")) || bytes.HasSuffix(s.b[from:name], []byte("&#38;"))
	}
	return bytes.HasSuffix(s.b[from:name], []byte(`\u0026`))
}

// maxQuery is how far before two & a query's beginning is looked for, in bytes.
const maxQuery = 256

// inQuery reports whether two &, of which one ends there, stand in a query, which is then one with
// an empty parameter: in a script they are an operator.
func (s *scan) inQuery(from, at int) bool {
	empty := true // nothing but & is between
	for begin := at; begin > from && at-begin < maxQuery && !endsParam(s.b[begin-1]); begin-- {
		switch c := s.b[begin-1]; {
		case c == '?':
			return empty || bytes.IndexByte(s.b[begin:at], '=') > 0
		case c != '&':
			empty = false
		}
	}
	return false
}

// parameter masks the value of one, or looks into it; it returns the end of the value.
func (s *scan) parameter(name, equals, to int, form bool) int {
	begin := equals + 1
	end := begin
	for end < to && s.b[end] != '&' && (form || !endsParam(s.b[end])) {
		end++
	}
	if form {
		end = trimmedEnd(s.b, begin, end)
	}
	raw := s.b[begin:end]
	kind := URLs
	if form {
		kind = Bodies
	}
	switch {
	case s.m.names.shape(unpercent(s.b[name:equals]), inParam) != shapeNone:
		s.mask(kind, begin, end, unpercent(raw), true)
	case hasEncoded(raw):
		encodings{s}.encoded(begin, end)
	case form:
		s.tokens(begin, end)
	}
	return max(end, begin)
}

// endsParam reports whether a byte ends a parameter in a text.
func endsParam(c byte) bool {
	switch c {
	case '#', '"', '\'', '<', '>', '\\', '`', ' ', '\t', '\r', '\n', '|', '^':
		return true
	}
	return false
}

// authority finds user and password in a URL (RFC 3986 section 3.2.1), whose scheme ends with a colon.
func (s *scan) authority(colon, to int) {
	at := colon + 1
	switch rest := s.b[at:to]; {
	case bytes.HasPrefix(rest, []byte("//")):
		at += 2
	case bytes.HasPrefix(rest, []byte(`\/\/`)):
		at += 4
	default:
		return
	}
	end, sign := at, -1
	for end < to && !endsParam(s.b[end]) && s.b[end] != '/' && s.b[end] != '?' && s.b[end] != ',' {
		if s.b[end] == '@' {
			sign = end
		}
		end++
	}
	if sign > at {
		s.userinfo(at, sign)
	}
}

// userinfo masks user and password.
func (s *scan) userinfo(from, to int) {
	pair := unpercent(s.b[from:to])
	s.learnPair(pair)
	s.mask(URLs, from, to, pair, true)
}

// pathParameters masks those of a path: /account;jsessionid=...
func (s *scan) pathParameters(from, to int) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], ';')
		if n < 0 {
			return
		}
		at += n + 1
		end := at
		for end < to && s.b[end] != ';' && s.b[end] != '/' && s.b[end] != '?' && s.b[end] != '#' {
			end++
		}
		if name, value, ok := bytes.Cut(s.b[at:end], []byte("=")); ok && s.m.names.shape(name, inParam) != shapeNone {
			s.mask(URLs, at+len(name)+1, end, unpercent(value), true)
		}
	}
}
