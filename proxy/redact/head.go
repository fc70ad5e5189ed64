package redact

import (
	"bytes"
	"strings"
)

// Heads (RFC 9112 section 5, and HTTP/2's in the form that captures have): each line is looked
// at by itself, with the folds behind it, so that heads that were refused, several in a row, and
// what came behind them are masked as well.

// head looks through a head: its start-line, its fields, and whatever else is there.
func (s *scan) head() {
	for at := 0; at < len(s.b); {
		end := s.lineEnd(at)
		next := end + 1
		for next < len(s.b) && (s.b[next] == ' ' || s.b[next] == '\t') && end > at { // a fold belongs to it
			end = s.lineEnd(next)
			next = end + 1
		}
		s.headLine(at, trimmedEnd(s.b, at, min(end, len(s.b))), at == 0)
		at = next
	}
}

func (s *scan) lineEnd(from int) int {
	if n := bytes.IndexByte(s.b[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(s.b)
}

// trimmedEnd is the end of a line without white space.
func trimmedEnd(b []byte, from, to int) int {
	for to > from && (b[to-1] == '\r' || b[to-1] == ' ' || b[to-1] == '\t') {
		to--
	}
	return to
}

func (s *scan) headLine(from, to int, first bool) {
	colon := -1
	if from < to {
		colon = bytes.IndexByte(s.b[from+1:to], ':') // behind the one that begins a pseudo-header field
	}
	nameEnd := from + 1 + colon
	name := bytes.TrimRight(s.b[from:max(from, nameEnd)], " \t")
	if colon < 0 || !isName(name) {
		s.startLine(from, to)
		return
	}
	value := nameEnd + 1
	for value < to && (s.b[value] == ' ' || s.b[value] == '\t') {
		value++
	}
	if first && s.b[from] != ':' && bytes.HasPrefix(s.b[value:to], []byte("//")) { // GET is missing: https://host/path
		s.startLine(from, to)
		return
	}
	s.field(name, value, to)
}

// isName reports whether bytes are the name of a field, or what is taken for one.
func isName(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	for i, c := range name {
		if c <= ' ' || c == '"' || c == '/' || c == '?' || c == '=' || c == ':' && i > 0 {
			return false
		}
	}
	return true
}

// startLine looks through a request line, or a line that is no field.
func (s *scan) startLine(from, to int) {
	line := s.b[from:to]
	method, rest, _ := bytes.Cut(line, []byte(" "))
	if bytes.HasPrefix(line, []byte("HTTP/")) || len(rest) == 0 {
		s.anyText(from, to)
		return
	}
	target := from + len(method) + 1
	end := to
	if n := bytes.LastIndexByte(s.b[target:to], ' '); n >= 0 && bytes.HasPrefix(s.b[target+n+1:to], []byte("HTTP/")) {
		end = target + n
	}
	s.target(target, end)
}

// target looks through the target of a request: a URL, a path, or the authority of CONNECT.
func (s *scan) target(from, to int) {
	t := s.b[from:to]
	if at := bytes.IndexByte(t, '@'); at >= 0 && !bytes.ContainsAny(t[:at], "/?") {
		s.userinfo(from, from+at)
	}
	s.anyText(from, to)
	s.pathParameters(from, to)
}

// field looks through the value of a field, or of a member that stands for one.
func (s *scan) field(name []byte, from, to int) {
	how := s.m.names.shape(bytes.TrimPrefix(name, []byte(":")), inField)
	values{s}.shaped(how, Fields, from, to, plainValue)
	if how == shapeNone {
		s.fieldParams(from, to)
		s.protocols(name, from, to)
	}
}

// fieldParams masks parameters of a field: token=value.
func (s *scan) fieldParams(from, to int) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], '=')
		if n < 0 {
			return
		}
		equals := at + n
		at = equals + 1
		name := equals
		for name > from && equals-name < maxParamName && isTokenByte(s.b[name-1]) {
			name--
		}
		if name > from && bytes.IndexByte([]byte(" \t;,"), s.b[name-1]) < 0 || at == to ||
			s.m.names.shape(s.b[name:equals], inMember) != shapeSecret {
			continue
		}
		begin, end := at, at
		if s.b[at] == '"' {
			begin++
			end = begin + indexOr(s.b[begin:to], '"', to-begin)
		} else {
			for end < to && s.b[end] > ' ' && s.b[end] != ';' && s.b[end] != ',' {
				end += max(1, placeholderSize(s.b[end:to]))
			}
		}
		s.mask(Fields, begin, end, plainValue(s.b[begin:end]), false)
		at = end
	}
}

// bearerProtocol is how browsers hand Kubernetes a token.
const bearerProtocol = "base64url.bearer.authorization.k8s.io."

// protocols masks the token among the protocols of a WebSocket.
func (s *scan) protocols(name []byte, from, to int) {
	const field = "sec-websocket-protocol"
	if len(name) != len(field) || !strings.EqualFold(string(name), field) {
		return
	}
	if n := bytes.Index(s.b[from:to], []byte(bearerProtocol)); n >= 0 {
		begin := from + n + len(bearerProtocol)
		end := begin + indexOr(s.b[begin:to], ',', to-begin)
		end = trimmedEnd(s.b, begin, end)
		s.mask(Credentials, begin, end, s.b[begin:end], false)
	}
}

// values masks what the value of a name holds.
type values struct{ *scan }

// reading is how a value is read from its bytes.
type reading func([]byte) []byte

// plainValue is of fields: percent-encoding is undone, as cookies have it.
func plainValue(raw []byte) []byte { return unpercent(bytes.Trim(raw, `"`)) }

// shaped masks the value of a shape.
func (s values) shaped(how shape, kind Kind, from, to int, read reading) {
	switch how {
	case shapeNone:
		s.anyText(from, to)
	case shapeSecret:
		from, to = insideQuotes(s.b, from, to)
		s.mask(kind, from, to, read(s.b[from:to]), false)
	case shapeCredentials, shapeChallenge:
		s.credentials(from, to, how == shapeChallenge, read)
	case shapeCookies:
		s.cookies(from, to, read)
	case shapeSetCookie:
		s.setCookie(from, to, read)
	}
}

// insideQuotes leaves out the quotes around a value.
func insideQuotes(b []byte, from, to int) (int, int) {
	if to-from >= 2 && b[from] == '"' && b[to-1] == '"' {
		return from + 1, to - 1
	}
	return from, to
}

// cookies masks the values of Cookie (RFC 6265 section 4.2.1). What has no name is a value.
func (s values) cookies(from, to int, read reading) {
	for from < to {
		end := from + indexOr(s.b[from:to], ';', to-from)
		s.cookie(from, end, read)
		from = end + 1
	}
}

// cookie masks one pair.
func (s values) cookie(from, to int, read reading) {
	for from < to && (s.b[from] == ' ' || s.b[from] == '\t' || s.b[from] == '\r' || s.b[from] == '\n') {
		from++
	}
	to = trimmedEnd(s.b, from, to)
	if equals := bytes.IndexByte(s.b[from:to], '='); equals >= 0 {
		from += equals + 1
	}
	from, to = insideQuotes(s.b, from, to)
	s.mask(Cookies, from, to, read(s.b[from:to]), false)
}

// setCookie masks the value of Set-Cookie (RFC 6265 section 4.1.1) and leaves its attributes; of
// several that were joined by commas, or by lines as some HAR files do, each.
func (s values) setCookie(from, to int, read reading) {
	for first := true; from < to; first = false {
		end := from + indexOr(s.b[from:to], ';', to-from)
		if first {
			s.cookie(from, end, read)
		} else if begin := joined(s.b[from:end]); begin >= 0 {
			s.cookie(from+begin, end, read)
		}
		from = end + 1
	}
}

// joined is where another cookie begins within an attribute, -1 for nowhere: behind a comma or a
// line end, a name and an equals sign.
func joined(b []byte) int {
	for i, c := range b {
		if c != ',' && c != '\n' {
			continue
		}
		rest := bytes.TrimLeft(b[i+1:], " \t\r\n")
		if n := bytes.IndexByte(rest, '='); n > 0 && isName(rest[:n]) {
			return len(b) - len(rest)
		}
	}
	return -1
}

func indexOr(b []byte, c byte, none int) int {
	if n := bytes.IndexByte(b, c); n >= 0 {
		return n
	}
	return none
}
