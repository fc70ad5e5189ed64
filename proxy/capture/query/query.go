// Package query is the filter language: text in, a predicate over rows out.
//
// A filter is words separated by spaces; a row must match all of them. A word
// that begins with '-' must not match. Quotes ("...") keep spaces inside a word.
//
//	word              somewhere in method, URL, status, content type or failure
//	host:a.com,b.com  the host contains a.com or b.com; so do app:, path:, client:, remote:
//	host:=a.com       the host is a.com, with any port; app:=curl likewise
//	method:get,post   exactly one of these; so does scheme:
//	status:404  status:4xx  status:200-299  status:>=400
//	type:json         the content type contains json
//	is:failed         also: error, tunnel, websocket, running, local, secure, marked
//	mark:red,blue     marked with one of these colours
//	size:>10kb        response payload; so does sent: for the request's
//	time:>500ms       duration
//
// What is beyond ASCII is found as it is, percent-encoded in a path, and as an A-label
// in a host; what is written so in the filter is found decoded. Full-width spaces,
// colons, letters and the like, and curly quotes, mean what they look like.
//
// Letters match whatever their case. A word with a colon whose left side is none
// of these keys is a plain word, such as localhost:8080. docs/filter.md is the
// description for people.
package query

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
)

// MaxLength bounds the text of a filter, in bytes.
const MaxLength = 4096

// Error says where in the text the filter cannot be understood. Code is stable,
// for translation; Msg is in English.
type Error struct {
	Pos, End int // bytes of the text
	Code     string
	Arg      string // what stands there
	Msg      string
}

func (e *Error) Error() string { return e.Msg }

// Query is a compiled filter. It is immutable.
type Query struct {
	text  string
	terms []term
}

// A term is one word: its test, and whether it must fail.
type term struct {
	not  bool
	test func(*flow.Row) bool
}

// Parse compiles a filter. The empty text matches every row. With an error, which
// is of the first word that cannot be understood, comes the query of those that
// can: what a half-written word means does not depend on what was typed before
// it. Of a text that is too long nothing is compiled; the query is nil.
func Parse(text string) (*Query, error) {
	if len(text) > MaxLength {
		return nil, &Error{Pos: MaxLength, End: len(text), Code: "long", Msg: fmt.Sprintf("a filter may have %d bytes", MaxLength)}
	}
	q := &Query{text: text}
	var first error
	for at := 0; ; {
		w, next, err := nextWord(text, at)
		if err != nil {
			return q, cmp.Or(first, err) // an open quote goes on to the end
		}
		if w.end == w.pos {
			return q, first
		}
		if t, err := w.compile(); err == nil {
			q.terms = append(q.terms, t)
		} else {
			first = cmp.Or(first, err)
		}
		at = next
	}
}

// String is the text that was parsed.
func (q *Query) String() string { return q.text }

// Empty reports whether every row matches.
func (q *Query) Empty() bool { return q == nil || len(q.terms) == 0 }

// Match reports whether the row passes. It allocates nothing.
func (q *Query) Match(r *flow.Row) bool {
	if q == nil {
		return true
	}
	for i := range q.terms {
		if q.terms[i].test(r) == q.terms[i].not {
			return false
		}
	}
	return true
}

// word is one word of the text, with quotes taken off.
type word struct {
	pos, end int
	not      bool
	text     string
	colon    int // of the first colon outside of quotes in text, -1 if there is none
}

// nextWord reads the word that begins at or after at; one without length is the end.
func nextWord(text string, at int) (word, int, error) {
	r, size := utf8.DecodeRuneInString(text[at:])
	for at < len(text) && Space(r) {
		at += size
		r, size = utf8.DecodeRuneInString(text[at:])
	}
	w := word{pos: at, end: at, colon: -1}
	if next, _ := utf8.DecodeRuneInString(text[at+size:]); at < len(text) && Narrow(r) == '-' && at+size < len(text) && !Space(next) {
		w.not = true
		at += size
	}
	var b strings.Builder
	quoted := -1
	for at < len(text) {
		r, size = utf8.DecodeRuneInString(text[at:])
		switch narrow := Narrow(r); {
		case Quote(r) && quoted >= 0:
			quoted = -1
		case Quote(r):
			quoted = at
		case quoted < 0 && Space(r):
			w.text, w.end = b.String(), at
			return w, at, nil
		case quoted < 0 && narrow != r:
			w.markColon(narrow, b.Len())
			b.WriteRune(narrow)
		default:
			if quoted < 0 {
				w.markColon(r, b.Len())
			}
			b.WriteString(text[at : at+size]) // bytes that are no UTF-8 stay what they are
		}
		at += size
	}
	if quoted >= 0 {
		return w, at, &Error{Pos: quoted, End: len(text), Code: "quote", Msg: "a quote is not closed"}
	}
	w.text, w.end = b.String(), at
	return w, at, nil
}

// markColon keeps where the first colon is.
func (w *word) markColon(r rune, at int) {
	if r == ':' && w.colon < 0 {
		w.colon = at
	}
}

// compile makes the word's test.
func (w word) compile() (term, error) {
	if w.colon > 0 {
		key, value := strings.ToLower(w.text[:w.colon]), w.text[w.colon+1:]
		if k, ok := keys[key]; ok {
			test, bad := k(value)
			if bad != "" {
				return term{}, &Error{Pos: w.pos, End: w.end, Code: key, Arg: value, Msg: fmt.Sprintf("%q: %s", w.text, bad)}
			}
			return term{w.not, test}, nil
		}
	}
	n := newNeedle(w.text)
	return term{w.not, n.inRow}, nil
}
