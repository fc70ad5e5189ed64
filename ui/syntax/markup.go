package syntax

import "strings"

// The state of a line of HTML or XML: where it begins in the lowest four bits,
// and for HTML above them which element's raw text it is or will be in. Within
// that, the rest is of the code.
const (
	markupText State = iota
	markupTag        // within a tag, after its name
	markupDouble
	markupSingle
	markupComment
	markupData     // within <![CDATA[ ]]>
	markupDeclare  // within <! >
	markupInstruct // within <? >
	markupSubset   // within the [ ] of a <!DOCTYPE [ ]>
	markupCode     // within a script or a style sheet; codePlaces states from here on
	markupPlace    = 1<<placeBits - 1

	rawScript State = 1 << placeBits
	rawStyle  State = 2 << placeBits
	rawMask   State = 3 << placeBits
)

const _ = uint(markupPlace - (markupCode + State(codePlaces) - 1)) // all places are states

// markupLexer cuts HTML or XML into tokens. The text may be a line, a piece of one, or
// the whole: what is open at its end goes on in the next, from the state.
type markupLexer struct {
	l    Language
	text string
	at   int
	s    State
}

// place is where the next token begins.
func (x *markupLexer) place() State { return x.s & markupPlace }

// inRaw reports whether a script or a style sheet goes on here.
func (x *markupLexer) inRaw() bool { return x.place() >= markupCode }

// turn goes on at another place, in the same element.
func (x *markupLexer) turn(place State) { x.s = x.s&rawMask | place }

// take goes on to end, which is of a class.
func (x *markupLexer) take(end int, class Class) Class {
	x.at = end
	return class
}

// until takes up to and with an end that is of a class, or the whole text.
func (x *markupLexer) until(end string, class Class) Class {
	if at := strings.Index(x.text[x.at:], end); at >= 0 {
		x.turn(markupText)
		return x.take(x.at+at+len(end), class)
	}
	return x.take(len(x.text), class)
}

// next takes one token, of at least one byte, and returns its class. It does not go
// into scripts and style sheets: see raw.
func (x *markupLexer) next() Class {
	switch x.place() {
	case markupTag:
		return x.tag()
	case markupDouble:
		return x.value('"')
	case markupSingle:
		return x.value('\'')
	case markupComment:
		return x.until("-->", Comment)
	case markupData:
		return x.until("]]>", String)
	case markupInstruct:
		return x.until(">", Comment)
	case markupDeclare:
		return x.declaration()
	case markupSubset:
		return x.until("]>", Comment)
	}
	rest := x.text[x.at:]
	switch {
	case !beginsMarkup(rest):
		return x.take(x.at+textLen(rest), Text)
	case strings.HasPrefix(rest, "<!--"):
		x.turn(markupComment)
		return x.take(x.at+2, Comment) // <!--> is whole: HTML section 13.2.5.43
	case strings.HasPrefix(rest, "<![CDATA["):
		x.turn(markupData)
		return x.take(x.at+9, Name)
	case strings.HasPrefix(rest, "<?"):
		x.turn(markupInstruct)
		return x.take(x.at+2, Comment)
	case !beginsTag(rest):
		x.turn(markupDeclare)
		return x.take(x.at+2, Comment)
	}
	name := tagName(rest)
	x.s = markupTag
	if x.l == HTML && rest[1] != '/' {
		x.s |= rawOf(name)
	}
	return x.take(x.at+len(rest)-len(strings.TrimPrefix(rest[1:], "/"))+len(name), Name)
}

// part takes tokens up to the end of what begins here: a text, a tag, a comment,
// a declaration.
func (x *markupLexer) part() {
	x.next()
	for x.at < len(x.text) && x.place() != markupText && !x.inRaw() {
		x.next()
	}
}

// raw takes a script or a style sheet up to its end tag; emit, which may be nil, takes its
// parts. ended says that the end of the text is that of a line.
func (x *markupLexer) raw(ended bool, emit Emit) {
	language, end := JavaScript, "</script"
	if x.s&rawMask == rawStyle {
		language, end = CSS, "</style"
	}
	to := len(x.text)
	if at := indexFold(x.text[x.at:], end); at >= 0 {
		to = x.at + at
	}
	if emit != nil {
		code := codeLexer{l: language, text: x.text[:to], at: x.at}
		code.resume(x.s, markupCode)
		if code.colour(emit); ended && to == len(x.text) {
			code.endLine()
		}
		x.s = code.state(markupCode) | x.s&rawMask
	}
	if x.at = to; to < len(x.text) {
		x.s = markupText
	}
}

// beginsMarkup tells markup from a "<" that is part of a text.
func beginsMarkup(s string) bool {
	return s[0] == '<' && (strings.HasPrefix(s, "<!") || strings.HasPrefix(s, "<?") || beginsTag(s))
}

// textLen is the length of the text that s begins with, up to where markup does.
func textLen(s string) int {
	for at := 1; ; at++ {
		next := strings.IndexByte(s[at:], '<')
		if next < 0 {
			return len(s)
		}
		if at += next; beginsMarkup(s[at:]) {
			return at
		}
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

// beginsTag tells a tag from all else that begins with "<".
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

// maxDeclaration bounds how far the end of what is declared within a declaration of HTML
// is looked for, in bytes: that is done anew for each.
const maxDeclaration = 4096

// declaration takes what is declared within it along.
func (x *markupLexer) declaration() Class {
	rest := x.text[x.at:]
	end := strings.IndexAny(rest, "[>")
	if end < 0 {
		return x.take(len(x.text), Comment)
	}
	if rest[end] == '[' && (x.l == XML || strings.Contains(rest[:min(len(rest), maxDeclaration)], "]>")) {
		x.turn(markupSubset)
		return x.take(x.at+end+1, Comment)
	}
	if rest[end] == '[' {
		return x.until(">", Comment)
	}
	x.turn(markupText)
	return x.take(x.at+end+1, Comment)
}

const markupBlanks = " \t\r\n"

func (x *markupLexer) tag() Class {
	last := byte(' ') // the line ended before
	if x.at > 0 {
		last = x.text[x.at-1]
	}
	c := x.text[x.at]
	begins := last == '=' || strings.IndexByte(markupBlanks, last) >= 0 // a value may begin
	switch {
	case c == '>':
		if x.s&rawMask != 0 {
			x.turn(markupCode)
		} else {
			x.s = markupText
		}
		return x.take(x.at+1, Name)
	case c == '"' && begins:
		x.turn(markupDouble)
		return x.take(x.at+1, String)
	case c == '\'' && begins:
		x.turn(markupSingle)
		return x.take(x.at+1, String)
	case c == '=' || strings.IndexByte(markupBlanks, c) >= 0:
		return x.take(x.at+1, Text)
	case last == '=':
		return x.take(x.at+lenUntil(x.text[x.at:], " \t\r\n>"), String)
	case c == '/' || c == '<':
		return x.take(x.at+1, Name)
	}
	return x.take(x.at+lenUntil(x.text[x.at:], " \t\r\n=/>"), Attribute)
}

// lenUntil is the length of what s begins with up to one of some bytes, at least 1.
func lenUntil(s, ends string) int {
	n := 1
	for n < len(s) && strings.IndexByte(ends, s[n]) < 0 {
		n++
	}
	return n
}

func (x *markupLexer) value(quote byte) Class {
	if end := strings.IndexByte(x.text[x.at:], quote); end >= 0 {
		x.turn(markupTag)
		return x.take(x.at+end+1, String)
	}
	return x.take(len(x.text), String)
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

func colourMarkup(l Language, s State, line string, ended bool, emit Emit) State {
	x := markupLexer{l: l, text: line, s: s}
	for x.at < len(line) {
		if x.inRaw() {
			x.raw(ended, emit)
		} else {
			class := x.next()
			emit(x.at, class)
		}
	}
	return x.s
}
