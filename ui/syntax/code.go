package syntax

import "strings"

// codePlace is where in CSS or JavaScript a token begins.
type codePlace uint8

const (
	codeOutside  codePlace = iota // of all that follows
	codeComment                   // within /* */
	codeRemark                    // within a comment that the line ends
	codeDouble                    // within ""
	codeSingle                    // within ''
	codeTemplate                  // within ``
	codePlaces
)

// codeKind is what a token of CSS or JavaScript is.
type codeKind uint8

const (
	codeBlank codeKind = iota // spaces and tabs
	codeBreak                 // the end of a line
	codeNote                  // a comment
	codeString
	codeNumber
	codeRegex
	codeWord
	codeSign // one byte of anything else
)

// codeLexer cuts CSS or JavaScript into tokens. The text may be a line, a piece of one,
// or the whole: what is open at its end goes on in the next, from the state.
type codeLexer struct {
	l     Language
	text  string
	at    int
	place codePlace
	after bool // right after a value: a slash divides
	// braces is what is open in a template: of each ${ how many braces, and -1 for
	// each template within one.
	braces  []int32
	escaped bool // the text ends within an escape of a string
}

// The state of a line of code: the place, from placeBits on what the lexer remembers
// beside that. Markup puts its own places in the same bits.
const (
	placeBits = 4
	rawBits   = 2 // of markup: which element the code is in

	codeAfter     State = 1 << (placeBits + rawBits)
	templateShift       = placeBits + rawBits + 1
	// levelBits and braceBits are how the state remembers open templates: how many levels,
	// and how many braces in each ${. What is open deeper costs colours in later lines.
	levelBits, braceBits = 3, 2
	maxLevels            = 6
)

// state is what the next line has to know, with the place set off by base.
func (x *codeLexer) state(base State) State {
	s := base + State(x.place)
	if x.after {
		s |= codeAfter
	}
	levels := min(len(x.braces), maxLevels)
	s |= State(levels) << templateShift
	for i := 0; i < levels; i += 2 {
		s |= State(min(x.braces[i], 1<<braceBits-1)) << (templateShift + levelBits + i/2*braceBits)
	}
	return s
}

// resume takes up what state remembered.
func (x *codeLexer) resume(s State, base State) {
	x.place = codePlace(s&(1<<placeBits-1) - base)
	x.after = s&codeAfter != 0
	levels := int(s >> templateShift & (1<<levelBits - 1))
	for i := range levels {
		if i%2 == 1 {
			x.braces = append(x.braces, -1)
		} else {
			x.braces = append(x.braces, int32(s>>(templateShift+levelBits+i/2*braceBits)&(1<<braceBits-1)))
		}
	}
}

// endLine is told that the line ends where the text does: that ends what was left open.
func (x *codeLexer) endLine() {
	switch {
	case x.place == codeRemark:
		x.place = codeOutside
	case (x.place == codeDouble || x.place == codeSingle) && !x.escaped:
		x.place, x.after = codeOutside, false
	}
}

// next takes one token, of at least one byte.
func (x *codeLexer) next() codeKind {
	c, rest := x.text[x.at], x.text[x.at:]
	switch {
	case x.place != codeOutside:
		return x.within(0)
	case c == ' ' || c == '\t':
		x.at++
		return codeBlank
	case c == '\n' || c == '\r':
		x.at++
		return codeBreak
	case c < ' ':
		x.at++
		return codeSign
	case strings.HasPrefix(rest, "/*"):
		x.place = codeComment
		return x.within(2)
	case x.l == JavaScript && strings.HasPrefix(rest, "//"):
		x.place = codeRemark
		return x.within(2)
	case c == '"' || c == '\'' || c == '`' && x.l == JavaScript:
		x.place = quotes[c]
		return x.within(1)
	case isDigit(c) || c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return x.token(numberLen(rest, x.l), codeNumber, true)
	case isWordByte(c) || x.l == CSS && (c == '-' || c == '@'):
		n := wordLen(rest, x.l)
		return x.token(n, codeWord, x.l == CSS || !jsBefore[rest[:n]])
	case c == '#' && x.l == CSS && x.after && hexLen(rest[1:]) >= 3:
		return x.token(1+hexLen(rest[1:]), codeNumber, true)
	case c == '/' && x.l == JavaScript && !x.after:
		if n := regexLen(rest); n > 0 {
			return x.token(n, codeRegex, true)
		}
	}
	return x.token(1, codeSign, afterSign(x.l, c))
}

// token takes n bytes; after says whether they end a value.
func (x *codeLexer) token(n int, kind codeKind, after bool) codeKind {
	x.at += n
	x.after = after
	return kind
}

var quotes = map[byte]codePlace{'"': codeDouble, '\'': codeSingle, '`': codeTemplate}

// within takes a comment or a string up to where it or the text ends; its first n bytes
// are its beginning.
func (x *codeLexer) within(n int) codeKind {
	rest := x.text[x.at+n:]
	kind, end, closed := codeString, len(rest), false
	switch x.place {
	case codeComment:
		kind = codeNote
		if to := strings.Index(rest, "*/"); to >= 0 {
			end, closed = to+2, true
		}
	case codeRemark:
		kind = codeNote
		if to := strings.IndexByte(rest, '\n'); to >= 0 {
			end, closed = to, true
		}
	case codeTemplate:
		end, closed = x.template(rest)
		if closed {
			x.after = true
		}
	case codeDouble, codeSingle:
		end, closed = x.quoted(rest)
	}
	x.at += n + end
	if closed {
		x.place = codeOutside
	}
	if end+n == 0 { // a string that ends with the line before it begins here
		return x.next()
	}
	return kind
}

// quoted is the length of a string up to where it ends, and whether it does: with its
// quote, or, where it was left open, with its line.
func (x *codeLexer) quoted(s string) (n int, closed bool) {
	quote := byte('"')
	if x.place == codeSingle {
		quote = '\''
	}
	x.escaped = false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case quote:
			x.after = true
			return i + 1, true
		case '\n':
			x.after = false
			return i, true
		case '\\':
			if i++; strings.HasPrefix(s[min(i, len(s)):], "\r\n") {
				i++
			}
			x.escaped = i >= len(s)
		}
	}
	return len(s), false
}

// template is the length of a template up to and with its end, and whether it has one.
func (x *codeLexer) template(s string) (length int, closed bool) {
	for i := 0; i < len(s); i++ {
		n := len(x.braces) - 1
		inText := n < 0 || x.braces[n] < 0
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '`' && n < 0:
			return i + 1, true
		case c == '`' && inText:
			x.braces = x.braces[:n]
		case c == '`':
			x.braces = append(x.braces, -1) // a template within
		case inText && c == '$' && i+1 < len(s) && s[i+1] == '{':
			x.braces = append(x.braces, 0)
			i++
		case inText:
		case c == '{':
			x.braces[n]++
		case c == '}' && x.braces[n] > 0:
			x.braces[n]--
		case c == '}':
			x.braces = x.braces[:n]
		}
	}
	return len(s), false
}

// afterSign reports whether a sign ends a value.
func afterSign(l Language, c byte) bool {
	if l == CSS {
		return c != '{' && c != ';' && c != '}'
	}
	return c == ')' || c == ']' || c == '}'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}

// wordLen is the length of the word that s begins with, at least 1.
func wordLen(s string, l Language) int {
	n := 1
	for n < len(s) && (isWordByte(s[n]) || isDigit(s[n]) || s[n] == '-' && l == CSS) {
		n++
	}
	return n
}

// numberLen takes units and suffixes along: 0xFF, 1e9, 10n, 4px, 50%.
func numberLen(s string, l Language) int {
	n := 1
	for n < len(s) && (isDigit(s[n]) || isWordByte(s[n]) && s[n] < 0x80 || s[n] == '.' || s[n] == '%' && l == CSS) {
		n++
	}
	return n
}

func hexLen(s string) int {
	n := 0
	for n < len(s) && n < 8 && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	return n
}

// maxRegex bounds a regular expression, in bytes: its end is looked for anew at
// every slash.
const maxRegex = 300

// regexLen is the length of the regular expression that s, which begins with a
// slash, begins with; 0 where it is none.
func regexLen(s string) int {
	class := false // within []
	for i := 1; i < min(len(s), maxRegex); i++ {
		switch c := s[i]; {
		case c == '\n':
			return 0
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			if i++; i < len(s) && isWordByte(s[i]) {
				i += wordLen(s[i:], JavaScript)
			}
			return i
		}
	}
	return 0
}

// jsBefore are words that a value may follow: a slash after one begins a regular expression.
var jsBefore = set(`await case delete do else extends in instanceof new of return throw typeof void yield`)
