package syntax

import "strings"

// jsonKind is what a token of JSON is.
type jsonKind uint8

const (
	jsonWord  jsonKind = iota // a number, true, false, null, and what is none of these
	jsonBlank                 // white space
	jsonString
	jsonOpen  // { or [
	jsonClose // } or ]
	jsonComma
	jsonColon
)

// jsonSpaces is RFC 8259 section 2, and what begins a text in a sequence (RFC 7464).
const jsonSpaces = " \t\r\n\x1e"

// jsonKinds tells a token by its first byte.
var jsonKinds = func() (kinds [256]jsonKind) {
	for bytes, kind := range map[string]jsonKind{jsonSpaces: jsonBlank, `"`: jsonString, "{[": jsonOpen, "}]": jsonClose,
		",": jsonComma, ":": jsonColon} {
		for _, c := range []byte(bytes) {
			kinds[c] = kind
		}
	}
	return kinds
}()

// jsonLexer cuts JSON into tokens. The text may be a line, a piece of one, or the whole.
type jsonLexer struct {
	text string
	at   int
	open bool // within a string that is not closed
}

// next takes one token, of at least one byte.
func (x *jsonLexer) next() jsonKind {
	kind := jsonKinds[x.text[x.at]]
	switch {
	case x.open:
		kind = jsonString
		x.string(x.at)
	case kind == jsonString:
		x.string(x.at + 1)
	case kind == jsonWord || kind == jsonBlank:
		at := x.at + 1
		for at < len(x.text) && jsonKinds[x.text[at]] == kind {
			at++
		}
		x.at = at
	default:
		x.at++
	}
	return kind
}

// string takes the rest of a string, up to and with its quote.
func (x *jsonLexer) string(at int) {
	for ; at < len(x.text); at++ {
		switch x.text[at] {
		case '"':
			x.at, x.open = at+1, false
			return
		case '\\':
			at++
		}
	}
	x.at, x.open = len(x.text), true
}

// JSONString is the state of a line of JSON that goes on with a string. It need not be
// remembered of what is beautified: nothing else in that is long.
const JSONString State = 1

func colourJSON(s State, line string, ended bool, emit Emit) State {
	x := jsonLexer{text: line, open: s == JSONString && line != ","} // with the comma alone, it ended right before
	for x.at < len(line) {
		from := x.at
		class := Text
		switch x.next() {
		case jsonString:
			class = x.stringClass()
		case jsonWord:
			class = jsonWordClass(line[from:x.at])
		}
		emit(x.at, class)
	}
	if x.open && !ended {
		return JSONString
	}
	return 0
}

// stringClass is the class of the string that was taken: a name has its colon behind it.
func (x *jsonLexer) stringClass() Class {
	if strings.HasPrefix(strings.TrimLeft(x.text[x.at:min(len(x.text), x.at+maxColonGap)], jsonSpaces), ":") {
		return Name
	}
	return String
}

// maxColonGap bounds the white space before a colon, in bytes.
const maxColonGap = 16

func jsonWordClass(word string) Class {
	switch {
	case word[0] == '-' || isDigit(word[0]):
		return Number
	case word == "true" || word == "false" || word == "null":
		return Word
	}
	return Text
}
