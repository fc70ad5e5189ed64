package redact

import "bytes"

// Members of JSON: "name": value, wherever they are: in a whole document or a cut one, a line of
// a stream, a script, a page, or escaped within a string of another. A name is told by the colon
// behind it, so that a stray quote before does not lead astray. Within a string of JSON quotes
// have a backslash, within a string of that three, and so on: depth is how many.

// members looks for them.
type members struct{ *scan }

// maxGap is how much white space may lie around a colon, in bytes.
const maxGap = 64 << 10

// look masks the values of members with the names of secrets, and what URLs have before @.
func (s members) look(from, to int) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], ':')
		if n < 0 {
			return
		}
		colon := at + n
		at = colon + 1
		if end := s.member(from, colon, to); end > at {
			at = end
		}
	}
}

// member looks at what a colon is between; it returns where to go on, 0 for behind the colon.
func (s members) member(from, colon, to int) int {
	if colon+1 < to && (s.b[colon+1] == '/' || s.b[colon+1] == '\\') {
		s.authority(colon, to)
	}
	last := colon - 1
	for last >= from && colon-last < maxGap && isGap(s.b[last]) {
		last--
	}
	if last < from {
		return 0
	}
	quote := s.b[last]
	if quote != '"' && quote != '\'' {
		return s.bareMember(from, last+1, colon, to)
	}
	depth := backslashes(s.b, from, last)
	end := last - depth
	begin := bytes.LastIndexByte(s.b[max(from, end-maxName-1):end], quote)
	if begin < 0 {
		return 0
	}
	begin += max(from, end-maxName-1) + 1
	name := s.b[begin:end]
	value := s.skipGap(colon+1, to)
	if how := s.m.names.shape(name, inMember); how != shapeNone {
		return s.memberValue(how, value, to, string(s.b[end:last+1]))
	}
	if isLabel(name) {
		s.labelled(begin-1-depth, value, from, to)
	}
	return 0
}

func isGap(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func (s *scan) skipGap(at, to int) int {
	for n := 0; n < maxGap && at < to && isGap(s.b[at]); n++ {
		at++
	}
	return at
}

// backslashes counts those before a place.
func backslashes(b []byte, from, at int) int {
	n := 0
	for at-n-1 >= from && b[at-n-1] == '\\' {
		n++
	}
	return n
}

// bareMember is one whose name has no quotes, as in JavaScript; in a text for people also
// name: value.
func (s members) bareMember(from, end, colon, to int) int {
	value := s.skipGap(colon+1, to)
	quote := value
	for quote < to && s.b[quote] == '\\' { // GraphQL within JSON
		quote++
	}
	quoted := quote < to && isQuote(s.b[quote])
	if value == to || !quoted && !s.lines {
		return 0
	}
	begin := end
	for begin > from && end-begin < maxName && isTokenByte(s.b[begin-1]) {
		begin--
	}
	how := s.m.names.shape(s.b[begin:end], inMember)
	switch {
	case how == shapeNone:
		return 0
	case quoted:
		return s.memberValue(how, value, to, "")
	}
	before := byte('\n')
	if begin > from {
		before = s.b[begin-1]
	}
	stop := value + indexOr(s.b[value:to], '\n', to-value)
	switch before {
	case '\n', ' ':
	case '\'', '"': // -H 'Cookie: a=b'
		stop = value + indexOr(s.b[value:stop], before, stop-value)
	default:
		return 0
	}
	stop = trimmedEnd(s.b, value, stop)
	values(s).shaped(how, Bodies, value, stop, plainValue)
	return stop
}

// memberValue masks the value of a member, which begins there; it returns its end. quote is what
// a number gets around it, "" for one that stays.
func (s members) memberValue(how shape, at, to int, quote string) int {
	if at >= to {
		return 0
	}
	begin := at
	for begin < to && s.b[begin] == '\\' {
		begin++
	}
	if begin == to {
		return 0
	}
	switch c := s.b[begin]; {
	case s.json && c == '"' && (begin == at) != (quote == `"`): // it ends the string that the name is in
		return 0
	case isQuote(c):
		return s.stringValue(how, begin+1, to, begin-at, c)
	case begin > at:
	case c == '{' || c == '[':
		return s.nested(how, begin, to, quote)
	case quote != "" && (isDigit(c) || c == '-'):
		end := begin + 1
		for end < to && (isDigit(s.b[end]) || s.b[end] == '.' || s.b[end]|0x20 == 'e' || s.b[end] == '-' || s.b[end] == '+') {
			end++
		}
		s.maskQuoted(Bodies, begin, end, s.b[begin:end], false, quote)
		return end
	}
	return 0
}

// stringValue masks a string that begins there; it returns its end.
func (s members) stringValue(how shape, from, to, depth int, quote byte) int {
	end, after := s.stringEnd(from, to, depth, quote)
	read := func(raw []byte) []byte {
		for d := depth; ; d >>= 1 {
			raw = unescaped(raw)
			if d == 0 {
				return raw
			}
		}
	}
	if how == shapeNone {
		how = shapeSecret
	}
	if how == shapeSecret && !isSecret(bytes.TrimSpace(s.b[from:end])) {
		return after
	}
	if how == shapeSecret {
		s.mask(Bodies, from, end, read(s.b[from:end]), false)
	} else {
		values(s).shaped(how, Bodies, from, end, func(raw []byte) []byte { return plainValue(read(raw)) })
	}
	return after
}

// stringEnd is where a string ends, or the one that it is in, and what follows the quote. One
// that is cut ends with the text.
func (s *scan) stringEnd(from, to, depth int, quote byte) (end, after int) {
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], quote)
		next := at + n
		if n < 0 {
			next = to
		}
		if s.json && quote != '"' { // the string around ends it, too
			if outer := bytes.IndexByte(s.b[at:next], '"'); outer >= 0 {
				return at + outer, at + outer
			}
		}
		if n < 0 {
			return to, to
		}
		at += n
		before := backslashes(s.b, from, at)
		for outer := 0; outer <= depth; outer = 2*outer + 1 {
			if before >= outer && (before-outer)%(2*(outer+1)) == 0 {
				return at - outer, at + 1
			}
		}
		at++
	}
}

// breaksJSON reports whether a part of a JSON text cannot be replaced, because a quote that
// means something is in it, or half an escape.
func breaksJSON(b []byte, from, to int) bool {
	for i := from; i < to; i++ {
		if b[i] == '"' && backslashes(b, from, i)%2 == 0 {
			return true
		}
	}
	return inEscape(b, from) || inEscape(b, to)
}

// inEscape reports whether a place in JSON is behind the beginning of an escape and before its end.
func inEscape(b []byte, at int) bool {
	for back := 1; back <= 5 && back <= at; back++ {
		if b[at-back] == '\\' {
			return backslashes(b, 0, at-back)%2 == 0 && (back == 1 || b[at-back+1] == 'u')
		}
	}
	return false
}

// maxInValue is how far the end of an object or an array is looked for, in bytes.
const maxInValue = 64 << 10

// nested masks all strings within an object or an array that is the value of a secret's name,
// but for the names of members; it returns the end.
func (s members) nested(how shape, from, to int, quote string) int {
	to = min(to, from+maxInValue)
	open, outer := 0, 0 // outer is how many backslashes a quote has at least
	if s.json && quote != `"` {
		outer = max(1, len(quote)-1)
	}
	for at := from; at < to; {
		switch c := s.b[at]; {
		case c == '{' || c == '[':
			open++
		case c == '}' || c == ']':
			if open--; open == 0 {
				return at + 1
			}
		case c == '"':
			own := backslashes(s.b, from, at)
			if own < outer {
				return at
			}
			_, after := s.stringEnd(at+1, to, own, c)
			if next := s.skipGap(after, to); next >= to || s.b[next] != ':' {
				s.stringValue(how, at+1, to, own, c)
			}
			at = after
			continue
		case isDigit(c) && at > from && (s.b[at-1] == ':' || s.b[at-1] == ' ' || s.b[at-1] == '[' || s.b[at-1] == ','):
			if end := s.memberValue(shapeSecret, at, to, quote); end > at {
				at = end
				continue
			}
		}
		at++
	}
	return to
}

// isLabel reports whether a member may hold the name of another one beside it:
// {"name": "Cookie", "value": "..."}, as HAR and many more have fields.
func isLabel(name []byte) bool {
	switch string(name) {
	case "name", "key", "header", "field", "id", "Name", "Key", "Header", "Field", "Id":
		return true
	}
	return false
}

// maxBeside is how far the other member is looked for, in bytes.
const maxBeside = 256

// labelled masks the value beside a name; label is where that member begins, at where its value does.
func (s members) labelled(label, at, from, to int) {
	quote := at
	for quote < to && s.b[quote] == '\\' {
		quote++
	}
	if quote >= to || s.b[quote] != '"' {
		return
	}
	depth := quote - at
	end, after := s.stringEnd(quote+1, to, depth, '"')
	if end-quote > maxName {
		return
	}
	name := s.b[quote+1 : end]
	how := s.m.names.shape(name, inField)
	if how == shapeNone {
		how = s.m.names.shape(name, inMember)
	}
	if how == shapeNone {
		return
	}
	// Behind it, up to the end of the object.
	behind := s.b[after:min(to, after+maxBeside)]
	if n := bytes.IndexAny(behind, "{}"); n >= 0 {
		behind = behind[:n]
	}
	if n := bytes.Index(behind, []byte(`"name`)); n >= 0 { // another one, whose value it is
		behind = behind[:n]
	}
	for _, word := range [...]string{`"value`, `"Value`} {
		if n := bytes.Index(behind, []byte(word)); n >= 0 {
			s.besideValue(how, after+n+len(word), to)
			return
		}
	}
	// Before it, from the beginning of the object.
	begin := max(from, label-maxValueBefore)
	if n := bytes.LastIndexByte(s.b[begin:max(begin, label)], '{'); n >= 0 {
		begin += n
	}
	for _, word := range [...]string{`"value`, `"Value`} {
		if n := bytes.Index(s.b[begin:max(begin, label)], []byte(word)); n >= 0 {
			s.besideValue(how, begin+n+len(word), to)
			return
		}
	}
}

// maxBesideValue is how far a list or an object beside a name goes, in bytes: it is looked through once for each name.
const maxBesideValue = 4 << 10

// maxValueBefore is how far before a name its value may begin, in bytes.
const maxValueBefore = 8 << 10

// besideValue masks the value of the member whose name ends there.
func (s members) besideValue(how shape, at, to int) {
	begin := at
	for at < to && s.b[at] == '\\' {
		at++
	}
	if at == to || s.b[at] != '"' {
		return
	}
	quote := string(s.b[begin : at+1])
	if at = s.skipGap(at+1, to); at < to && s.b[at] == ':' {
		at = s.skipGap(at+1, to)
		if at < to && (s.b[at] == '[' || s.b[at] == '{') {
			to = min(to, at+maxBesideValue)
		}
		if at >= s.beside { // else it lies in one that was masked whole
			s.beside = s.memberValue(how, at, to, quote)
		}
	}
}
