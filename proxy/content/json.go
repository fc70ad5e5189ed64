package content

import (
	"regexp"
	"strings"
)

// JSONEnd is how reading a JSON value ended.
type JSONEnd uint8

const (
	JSONWhole JSONEnd = iota
	JSONCut           // good so far, but the text ends within the value
	JSONBad
)

// ReadJSON reads the value that a text begins with (RFC 8259) and returns where what
// was read ends. Unlike encoding/json it knows no depth that is too deep: it takes
// one byte of memory for each level.
func ReadJSON[T string | []byte](text T) (end int, how JSONEnd) {
	r := jsonReader[T]{text: text}
	how = r.value()
	return r.at, how
}

// IsJSON reports whether a text is JSON: one value, or several one after the other.
// With cut, it may end before its end.
func IsJSON[T string | []byte](text T, cut bool) bool {
	values := 0
	for at := 0; ; values++ {
		for at < len(text) && isJSONSpace(text[at]) {
			at++
		}
		if at == len(text) {
			return values > 0
		}
		n, how := ReadJSON(text[at:])
		if how != JSONWhole {
			return how == JSONCut && cut
		}
		at += n
	}
}

// isJSONSpace is RFC 8259 section 2; RS begins a text in a sequence (RFC 7464).
func isJSONSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0x1e }

type jsonReader[T string | []byte] struct {
	text T
	at   int
	open []byte // '{' and '[' that are not closed
}

// next skips white space; 0 is the end.
func (r *jsonReader[T]) next() byte {
	for r.at < len(r.text) {
		c := r.text[r.at]
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
		r.at++
	}
	return 0
}

// value reads one value, with all that is in it.
func (r *jsonReader[T]) value() JSONEnd {
	for {
		how, opened := r.begin()
		if how != JSONWhole {
			return how
		}
		if opened {
			continue
		}
		for { // what a value may be followed by
			if len(r.open) == 0 {
				return JSONWhole
			}
			inner := r.open[len(r.open)-1]
			switch c := r.next(); {
			case c == 0:
				return r.ended()
			case c == inner+2: // '}' and ']' stand two after their openers
				r.at++
				r.open = r.open[:len(r.open)-1]
				continue
			case c != ',':
				return JSONBad
			}
			r.at++
			if inner == '{' {
				if how := r.key(); how != JSONWhole {
					return how
				}
			}
			break
		}
	}
}

// ended tells the end of the text from a zero in it.
func (r *jsonReader[T]) ended() JSONEnd {
	if r.at < len(r.text) {
		return JSONBad
	}
	return JSONCut
}

// begin reads a scalar, an empty object or array, or opens one that is not empty.
func (r *jsonReader[T]) begin() (how JSONEnd, opened bool) {
	switch c := r.next(); {
	case c == 0:
		return r.ended(), false
	case c == '"':
		return r.string(), false
	case c == '{' || c == '[':
		r.at++
		if r.next() == c+2 {
			r.at++
			return JSONWhole, false
		}
		r.open = append(r.open, c)
		if c == '{' {
			return r.key(), true
		}
		return JSONWhole, true
	case c == '-' || isDigit(c):
		return r.number(), false
	case c == 't':
		return r.word("true"), false
	case c == 'f':
		return r.word("false"), false
	case c == 'n':
		return r.word("null"), false
	}
	return JSONBad, false
}

// key reads a name and its colon.
func (r *jsonReader[T]) key() JSONEnd {
	switch r.next() {
	case '"':
	case 0:
		return r.ended()
	default:
		return JSONBad
	}
	if how := r.string(); how != JSONWhole {
		return how
	}
	switch r.next() {
	case ':':
		r.at++
		return JSONWhole
	case 0:
		return r.ended()
	}
	return JSONBad
}

func (r *jsonReader[T]) word(word string) JSONEnd {
	for i := range len(word) {
		if r.at == len(r.text) {
			return JSONCut
		}
		if r.text[r.at] != word[i] {
			return JSONBad
		}
		r.at++
	}
	return JSONWhole
}

func (r *jsonReader[T]) string() JSONEnd {
	for r.at++; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return JSONWhole
		case c < 0x20:
			return JSONBad
		case c == '\\':
			if r.at++; r.at == len(r.text) {
				return JSONCut
			}
			if strings.IndexByte(`"\/bfnrtu`, r.text[r.at]) < 0 {
				return JSONBad
			}
			if r.text[r.at] == 'u' {
				for range 4 {
					if r.at++; r.at == len(r.text) {
						return JSONCut
					}
					if !isHex(r.text[r.at]) {
						return JSONBad
					}
				}
			}
		}
	}
	return JSONCut
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// number is RFC 8259 section 6.
func (r *jsonReader[T]) number() JSONEnd {
	peek := func() byte {
		if r.at < len(r.text) {
			return r.text[r.at]
		}
		return 0
	}
	digits := func() JSONEnd {
		if !isDigit(peek()) {
			return r.ended()
		}
		for isDigit(peek()) {
			r.at++
		}
		return JSONWhole
	}
	if peek() == '-' {
		r.at++
	}
	if peek() == '0' {
		r.at++
	} else if how := digits(); how != JSONWhole {
		return how
	}
	if peek() == '.' {
		r.at++
		if how := digits(); how != JSONWhole {
			return how
		}
	}
	if c := peek(); c == 'e' || c == 'E' {
		r.at++
		if c := peek(); c == '+' || c == '-' {
			r.at++
		}
		return digits()
	}
	return JSONWhole
}

// guards are put before JSON so that no other page can run it as a script.
var guards = regexp.MustCompile(`^\s*(?:\)\]\}'?,?|for ?\(;;\);|while ?\((?:1|true)\);|throw 1;(?: ?<[^>\n]{0,40}>)?|\{\} ?&&)`)

// padding calls a function with JSON, which makes it a script.
var padding = regexp.MustCompile(`^\s*(?:/\*\*/)?\s*(?:typeof [\w$.]{1,200} ?=== ?'function' && )?[A-Za-z_$][\w$.\[\]'"]{0,200}\s*\(`)

// UnwrapJSON finds JSON in a text that was made to be none: behind a guard such as
// )]}' or for(;;); or, with padded, within the call of a function. ok is whether
// there is some.
func UnwrapJSON(text string, padded bool) (before, value, after string, ok bool) {
	head := text[:min(len(text), 512)]
	if n := len(guards.FindString(head)); n > 0 {
		return text[:n], text[n:], "", startsJSON(text[n:])
	}
	n := len(padding.FindString(head))
	if n == 0 || !padded {
		return "", "", "", false
	}
	end := strings.LastIndexByte(text, ')')
	if end < n || strings.Trim(text[end+1:], "; \t\r\n") != "" {
		return "", "", "", false
	}
	return text[:n], text[n:end], text[end:], true
}

// startsJSON reports whether a text begins with an object or an array.
func startsJSON[T string | []byte](text T) bool {
	for i := 0; i < len(text); i++ {
		if !isJSONSpace(text[i]) {
			return text[i] == '{' || text[i] == '['
		}
	}
	return false
}
