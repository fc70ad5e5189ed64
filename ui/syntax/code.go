package syntax

import "strings"

// codeState is the state of a line of CSS or JavaScript.
type codeState uint8

const (
	codeStart    codeState = iota // a statement or a value may begin
	codeAfter                     // right after a value: a slash divides
	codeComment                   // within /* */
	codeDouble                    // within ""
	codeSingle                    // within ''
	codeTemplate                  // within ``
)

var quotes = map[byte]codeState{'"': codeDouble, '\'': codeSingle, '`': codeTemplate}

var closers = [...]byte{codeDouble: '"', codeSingle: '\'', codeTemplate: '`'}

// codeLine reads line[at:to].
func codeLine(l Language, s codeState, line string, at, to int, ended bool, emit Emit) codeState {
	r := codeReader{l: l, s: s, text: line[:to], at: at, emit: emit}
	for r.at < to {
		r.step()
	}
	if ended && (r.s == codeDouble || r.s == codeSingle) && !strings.HasSuffix(r.text, `\`) {
		return codeStart // the end of a line ends what was left open
	}
	return r.s
}

type codeReader struct {
	l    Language
	s    codeState
	text string
	at   int
	emit Emit
}

// take goes on to end, which is of a class.
func (r *codeReader) take(end int, class Class) {
	r.at = end
	r.emit(end, class)
}

// step takes one part.
func (r *codeReader) step() {
	if r.s >= codeComment {
		r.within()
		return
	}
	c, rest := r.text[r.at], r.text[r.at:]
	switch {
	case c <= ' ':
		r.take(r.at+1, Text)
	case strings.HasPrefix(rest, "/*"):
		r.s = codeComment
		r.take(r.at+2, Comment)
	case r.l == JavaScript && strings.HasPrefix(rest, "//"):
		r.take(len(r.text), Comment)
	case c == '"' || c == '\'' || c == '`' && r.l == JavaScript:
		r.s = quotes[c]
		r.take(r.at+1, String)
	case isDigit(c) || c == '.' && len(rest) > 1 && isDigit(rest[1]):
		r.s = codeAfter
		r.take(r.at+numberLen(rest), Number)
	case isWordByte(c) || c == '-' && r.l == CSS || c == '@' && r.l == CSS:
		r.word(rest)
	case c == '#' && r.l == CSS && r.s == codeAfter && hexLen(rest[1:]) >= 3:
		r.take(r.at+1+hexLen(rest[1:]), Number)
	case c == '/' && r.l == JavaScript && r.s == codeStart && regexLen(rest) > 0:
		r.s = codeAfter
		r.take(r.at+regexLen(rest), String)
	default:
		r.s = afterSign(r.l, c)
		r.take(r.at+1, Text)
	}
}

// within takes what belongs to a comment or a string.
func (r *codeReader) within() {
	rest := r.text[r.at:]
	if r.s == codeComment {
		if end := strings.Index(rest, "*/"); end >= 0 {
			r.s = codeStart
			r.take(r.at+end+2, Comment)
			return
		}
		r.take(len(r.text), Comment)
		return
	}
	end := quotedLen(rest, closers[r.s])
	if end > 0 {
		r.s = codeAfter
		r.take(r.at+end, String)
		return
	}
	r.take(len(r.text), String)
}

func (r *codeReader) word(rest string) {
	n := wordLen(rest, r.l)
	word := rest[:n]
	class := Text
	switch {
	case r.l == JavaScript && jsWords[word]:
		class = Word
	case r.l == CSS && (word[0] == '@' || word == "important"):
		class = Word
	case r.l == CSS && r.s == codeStart && isProperty(rest[n:]):
		class = Name
	}
	if r.s = codeAfter; r.l == JavaScript && jsBefore[word] {
		r.s = codeStart
	}
	r.take(r.at+n, class)
}

// isProperty tells "color:red" from "a:hover{", by what comes first.
func isProperty(rest string) bool {
	rest = strings.TrimLeft(rest, " ")
	if !strings.HasPrefix(rest, ":") {
		return false
	}
	rest = rest[:min(len(rest), 400)]
	end := strings.IndexAny(rest, ";{}")
	return end < 0 || rest[end] != '{'
}

// afterSign is the state after a sign that is no part of anything larger.
func afterSign(l Language, c byte) codeState {
	if l == CSS {
		if c == '{' || c == ';' || c == '}' {
			return codeStart
		}
		return codeAfter
	}
	if c == ')' || c == ']' || c == '}' {
		return codeAfter
	}
	return codeStart
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
func numberLen(s string) int {
	n := 1
	for n < len(s) && (isDigit(s[n]) || isWordByte(s[n]) && s[n] < 0x80 || s[n] == '.' || s[n] == '%') {
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

// quotedLen is the length of s up to and with the closer, 0 where it has none.
func quotedLen(s string, closer byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case closer:
			return i + 1
		case '\\':
			i++
		}
	}
	return 0
}

// maxRegex bounds a regular expression, in bytes: looking for its end is done
// anew for every slash.
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

func set(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}

// jsWords are those of ECMAScript 2025 section 12.7.2 that colour is worth for.
var jsWords = set(`async await break case catch class const continue debugger default delete do else export extends
	false finally for from function if import in instanceof let new null of return static super switch this throw
	true try typeof undefined var void while with yield`)

// jsBefore are words that a value may follow: a slash after one begins a regular expression.
var jsBefore = set(`await case delete do else extends in instanceof new of return throw typeof void yield`)
