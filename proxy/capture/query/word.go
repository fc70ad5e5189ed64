package query

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// word is one word of the text, with quotes taken off.
type word struct {
	pos, end int
	not      bool
	text     string
	colon    int         // of the first colon outside of quotes in text, -1 if there is none
	regexp   *expression // that the word is, or its value; nil: none
	anywhere bool        // alone, it is behind any:
	loose    bool        // a parenthesis in it closes none, or is not closed
}

// wordReader reads a word character by character.
type wordReader struct {
	*parser
	w      word
	b      strings.Builder
	depth  int // of groups around the word
	open   int // parentheses that are open within it
	quoted int // where the open quote is, -1 for none
	equal  bool
}

// word reads the word that begins here. A quote that is not closed is a mistake.
func (p *parser) word(depth int) (word, *Error) {
	r := wordReader{parser: p, w: word{pos: p.at, colon: -1, anywhere: p.anywhere}, depth: depth, quoted: -1}
	if first, size := p.peek(p.at); first == '-' {
		if next, n := p.peek(p.at + size); n > 0 && !Space(next) && (depth == 0 || next != ')') {
			r.w.not = true
			p.at += size
		}
	}
	if r.expression(nil); r.w.regexp == nil {
		end := strings.IndexByte(p.text[p.at:], ' ')
		if end < 0 {
			end = len(p.text) - p.at
		}
		r.b.Grow(end)
	}
	for p.at < len(p.text) && r.w.regexp == nil && r.next() {
	}
	r.w.text, r.w.end = r.b.String(), p.at
	r.w.loose = r.w.loose || r.open > 0
	if r.quoted >= 0 {
		return r.w, &Error{Pos: r.quoted, End: len(p.text), Code: "quote", Msg: "a quote is not closed"}
	}
	return r.w, nil
}

// next takes one character; it returns false where the word ends.
func (r *wordReader) next() bool {
	c, size := utf8.DecodeRuneInString(r.text[r.at:])
	narrow := Narrow(c)
	switch {
	case Quote(c) && r.quoted >= 0:
		r.quoted = -1
	case Quote(c):
		r.quoted = r.at
	case r.quoted >= 0:
		r.b.WriteString(r.text[r.at : r.at+size])
	case Space(c), narrow == ')' && r.depth > 0 && r.open == 0:
		return false
	default:
		if narrow == c {
			r.b.WriteString(r.text[r.at : r.at+size]) // bytes that are no UTF-8 stay what they are
		} else {
			r.b.WriteRune(narrow)
		}
		r.at += size
		r.mark(narrow)
		return true
	}
	r.at += size
	return true
}

// mark keeps in mind what a character outside of quotes means.
func (r *wordReader) mark(c rune) {
	switch {
	case c == '(':
		r.open++
	case c == ')' && r.open == 0:
		r.w.loose = true
	case c == ')':
		r.open--
	case c == ':' && r.w.colon < 0:
		r.w.colon = r.b.Len() - 1
		if k, ok := r.key(); ok {
			r.expression(&k)
		}
	case c == '=' && !r.equal:
		r.equal = true
		if k, ok := r.key(); ok && k.named() {
			r.expression(&k)
		}
	}
}

// key is what stands before the colon, if that is one.
func (r *wordReader) key() (key, bool) {
	if r.w.colon <= 0 {
		return key{}, false
	}
	k, ok := keys[strings.ToLower(r.b.String()[:r.w.colon])]
	return k, ok
}

// expression takes the regular expression that begins here, if one does.
func (r *wordReader) expression(k *key) {
	path := k == nil || k.path
	if k != nil && !k.takesExpression() {
		return
	}
	x, end := readExpression(r.text, r.at, r.depth, path)
	if x == nil {
		return
	}
	r.b.WriteString(r.text[r.at:end])
	r.at, r.w.regexp = end, x
}

// expression is a regular expression as it stands in the text.
type expression struct {
	pos, end int // with its slashes and flags
	pattern  string
	flags    string
	program  int // what it compiles to, in instructions
}

// flags that may follow the closing slash, as in JavaScript.
const expressionFlags = "ims"

// unlikely are characters that make a piece of a path a regular expression.
const unlikely = `\^$*+?()[]{}|`

// readExpression reads a regular expression between slashes, up to the end of a word.
// A slash within, or a space behind a backslash, is part of it. Where a piece of a path
// may stand too, it is one unless there is a character in it that paths hardly have.
func readExpression(text string, at, depth int, path bool) (*expression, int) {
	if at >= len(text) || text[at] != '/' {
		return nil, 0
	}
	class := false
	var unclosed *expression // as far as a slash within a class: what is wrong with it is said
	for i := at + 1; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\\' && i+1 < len(text):
			_, escaped := utf8.DecodeRuneInString(text[i+1:])
			size += escaped
		case Space(r):
			i = len(text)
			continue
		case r == '[':
			class = true
		case r == ']':
			class = false
		case r == '/' && i > at+1:
			pattern := text[at+1 : i]
			end := i + 1
			for end < len(text) && strings.IndexByte(expressionFlags, text[end]) >= 0 {
				end++
			}
			if ends(text, end, depth) && (!path || strings.ContainsAny(pattern, unlikely)) {
				x := &expression{pos: at, end: end, pattern: pattern, flags: text[i+1 : end]}
				if !class {
					return x, end
				}
				unclosed = cmp.Or(unclosed, x)
			}
		}
		i += size
	}
	if unclosed == nil {
		return nil, 0
	}
	return unclosed, unclosed.end
}

// ends reports whether a word may end at a place.
func ends(text string, at, depth int) bool {
	if at == len(text) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(text[at:])
	return Space(r) || depth > 0 && Narrow(r) == ')'
}
