package syntax

import "strings"

// The state of a line of HTML or XML: where it begins in the lowest four bits,
// and for HTML above them which element's raw text it is or will be in.
const (
	markupText State = iota
	markupTag        // within a tag, after its name
	markupDouble
	markupSingle
	markupComment
	markupData    // within <![CDATA[ ]]>
	markupDeclare // within <! > or <? >
	markupCode    // within a script or a style sheet; 6 states from here on
	markupPlace   = 15

	rawScript State = 1 << 4
	rawStyle  State = 2 << 4
	rawMask   State = 3 << 4
)

func markupLine(l Language, s State, line string, ended bool, emit Emit) State {
	m := markupReader{l: l, s: s, line: line, ended: ended, emit: emit}
	for m.at < len(line) {
		m.step()
	}
	return m.s
}

type markupReader struct {
	l     Language
	s     State
	line  string
	at    int
	ended bool
	emit  Emit
}

func (m *markupReader) take(end int, class Class) {
	m.at = end
	m.emit(end, class)
}

// go on at another place, in the same element.
func (m *markupReader) turn(place State) { m.s = m.s&rawMask | place }

// until takes up to and with an end that is of a class, or the whole line.
func (m *markupReader) until(end string, class Class) {
	if at := strings.Index(m.line[m.at:], end); at >= 0 {
		m.turn(markupText)
		m.take(m.at+at+len(end), class)
		return
	}
	m.take(len(m.line), class)
}

// step takes one part.
func (m *markupReader) step() {
	switch place := m.s & markupPlace; {
	case place >= markupCode:
		m.code()
	case place == markupText:
		m.text()
	case place == markupTag:
		m.tag()
	case place == markupDouble:
		m.value('"')
	case place == markupSingle:
		m.value('\'')
	case place == markupComment:
		m.until("-->", Comment)
	case place == markupData:
		m.until("]]>", String)
	case place == markupDeclare:
		m.until(">", Comment)
	}
}

func (m *markupReader) text() {
	rest := m.line[m.at:]
	open := strings.IndexByte(rest, '<')
	switch {
	case open < 0:
		m.take(len(m.line), Text)
	case open > 0:
		m.take(m.at+open, Text)
	case strings.HasPrefix(rest, "<!--"):
		m.turn(markupComment)
		m.take(m.at+4, Comment)
	case strings.HasPrefix(rest, "<![CDATA["):
		m.turn(markupData)
		m.take(m.at+9, Name)
	case strings.HasPrefix(rest, "<!") || strings.HasPrefix(rest, "<?"):
		m.turn(markupDeclare)
		m.take(m.at+2, Comment)
	case !beginsTag(rest):
		m.take(m.at+1, Text)
	default:
		name := tagName(rest)
		m.s = markupTag
		if m.l == HTML && rest[1] != '/' {
			m.s |= rawOf(name)
		}
		m.take(m.at+len(rest)-len(strings.TrimPrefix(rest[1:], "/"))+len(name), Name)
	}
}

// rawOf is for the elements whose content is code: HTML section 13.1.2.
func rawOf(name string) State {
	switch {
	case strings.EqualFold(name, "script"):
		return rawScript
	case strings.EqualFold(name, "style"):
		return rawStyle
	}
	return 0
}

// beginsTag tells a tag from a "<" in a text.
func beginsTag(s string) bool {
	s = strings.TrimPrefix(s[1:], "/")
	return s != "" && (isWordByte(s[0]))
}

// maxName bounds the name of a tag, in bytes: names are read again and again.
const maxName = 128

// tagName is the name of the tag that s begins with.
func tagName(s string) string {
	s = strings.TrimPrefix(s[1:], "/")
	s = s[:min(len(s), maxName)]
	for i := range len(s) {
		if strings.IndexByte(" \t\r\n/><", s[i]) >= 0 {
			return s[:i]
		}
	}
	return s
}

func (m *markupReader) tag() {
	switch c := m.line[m.at]; c {
	case '>':
		closed := m.at > 0 && m.line[m.at-1] == '/' && m.l == XML
		if raw := m.s & rawMask; raw != 0 && !closed {
			m.turn(markupCode)
		} else {
			m.s = markupText
		}
		m.take(m.at+1, Name)
	case '/', '<':
		m.take(m.at+1, Name)
	case '"':
		m.turn(markupDouble)
		m.take(m.at+1, String)
	case '\'':
		m.turn(markupSingle)
		m.take(m.at+1, String)
	case '=', ' ', '\t':
		m.take(m.at+1, Text)
	default:
		end := m.at + 1
		for end < len(m.line) && strings.IndexByte(" \t\r=/>\"'", m.line[end]) < 0 {
			end++
		}
		class := Attribute
		if m.at > 0 && m.line[m.at-1] == '=' {
			class = String
		}
		m.take(end, class)
	}
}

func (m *markupReader) value(quote byte) {
	if end := strings.IndexByte(m.line[m.at:], quote); end >= 0 {
		m.turn(markupTag)
		m.take(m.at+end+1, String)
		return
	}
	m.take(len(m.line), String)
}

// code takes a script or a style sheet up to its end tag.
func (m *markupReader) code() {
	language, end := JavaScript, "</script"
	if m.s&rawMask == rawStyle {
		language, end = CSS, "</style"
	}
	to := len(m.line)
	if at := indexFold(m.line[m.at:], end); at >= 0 {
		to = m.at + at
	}
	s := codeState(m.s&markupPlace - markupCode)
	if to > m.at {
		s = codeLine(language, s, m.line, m.at, to, m.ended && to == len(m.line), m.emit)
	}
	if m.at = to; to < len(m.line) {
		m.s = markupText
		return
	}
	m.turn(markupCode + State(s))
}

// indexFold looks for an ASCII text in lower case that begins with "<".
func indexFold(s, find string) int {
	for at := 0; ; at++ {
		next := strings.IndexByte(s[at:], '<')
		if next < 0 {
			return -1
		}
		if at += next; len(s)-at >= len(find) && strings.EqualFold(s[at:at+len(find)], find) {
			return at
		}
	}
}
