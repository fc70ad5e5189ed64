package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// parser reads a text once from its beginning to its end.
//
//	either = all { "|" all }
//	all    = { [ "-" ] ( word | "(" either ")" ) }
type parser struct {
	text     string
	at       int
	mistakes []*Error
	stopped  bool   // the rest cannot be read
	anywhere bool   // a word alone is one behind any:
	program  int    // what the expressions that were read compile to, in instructions
	kids     []node // words and groups that were read of what is being read
}

func (p *parser) mistake(pos, end int, code, arg, msg string) {
	p.mistakes = append(p.mistakes, &Error{Pos: pos, End: end, Code: code, Arg: arg, Msg: msg})
}

// inOrder are the mistakes by their place.
func (p *parser) inOrder() []*Error {
	slices.SortStableFunc(p.mistakes, func(a, b *Error) int { return cmp.Compare(a.Pos, b.Pos) })
	return p.mistakes
}

// either reads alternatives up to the end of the text or of the group it is in.
func (p *parser) either(depth int) node {
	from := len(p.kids)
	for {
		one, bar := p.all(depth)
		if len(one.kids) > 0 {
			p.kids = append(p.kids, one.simplified())
		}
		if bar < 0 {
			break
		}
		p.skipSpace()
		if p.at == len(p.text) || p.closes(depth) {
			p.mistake(bar, p.at, "or", "", "write after | what else may match")
			break
		}
	}
	if len(p.kids) == from+1 {
		n := p.kids[from]
		p.kids = p.kids[:from]
		return n
	}
	n := node{op: opAny, kids: p.taken(from)}
	if len(n.kids) == 0 {
		n.op = opAll
	}
	n.sort()
	return n
}

// taken are what was read from one on; it is no more among what is being read.
func (p *parser) taken(from int) []node {
	kids := append([]node(nil), p.kids[from:]...)
	p.kids = p.kids[:from]
	return kids
}

// all reads words up to a bar, whose place it returns, -1 for none.
func (p *parser) all(depth int) (n node, bar int) {
	from := len(p.kids)
	for words := 0; ; {
		p.skipSpace()
		begin := p.at
		ends := p.stopped || begin == len(p.text) || p.closes(depth)
		if ends || words > 0 && p.bar(depth) {
			if n.kids, bar = p.taken(from), begin; ends {
				bar = -1
			}
			n.sort()
			return n, bar
		}
		kid, ok := p.one(depth)
		if words++; ok {
			p.kids = append(p.kids, kid)
		}
	}
}

// one reads a word or a group; ok is false where it cannot be understood.
func (p *parser) one(depth int) (node, bool) {
	r, size := p.peek(p.at)
	next, more := p.peek(p.at + size)
	switch {
	case r == '(':
		return p.group(p.at+size, depth, false)
	case r == '-' && next == '(':
		return p.group(p.at+size+more, depth, true)
	}
	w, err := p.word(depth)
	if err != nil {
		p.mistakes, p.stopped = append(p.mistakes, err), true // an open quote goes on to the end
		return node{}, false
	}
	t, err := w.compile()
	if err != nil {
		p.mistakes = append(p.mistakes, err)
		return node{}, false
	}
	if w.regexp != nil {
		p.program += w.regexp.program
	}
	return node{op: opTerm, not: w.not, term: t}, true
}

// group reads what stands in parentheses, from behind the opening one.
func (p *parser) group(from, depth int, not bool) (node, bool) {
	begin := p.at
	if depth == MaxDepth {
		p.mistake(begin, len(p.text), "deep", "", fmt.Sprintf("parentheses may lie %d deep", MaxDepth))
		p.stopped = true
		return node{}, false
	}
	p.at = from
	before := len(p.mistakes)
	n := p.either(depth + 1)
	if p.at < len(p.text) && p.closes(depth+1) {
		_, size := p.peek(p.at)
		p.at += size
	} else if !p.stopped {
		p.mistake(begin, len(p.text), "paren", "", "a parenthesis is not closed")
	}
	if n.op != opTerm && len(n.kids) == 0 {
		if len(p.mistakes) == before {
			p.mistake(begin, p.at, "empty", "", "write words between the parentheses")
		}
		return node{}, false
	}
	n.not = n.not != not
	return n, true
}

// closes reports whether the group that is being read ends here.
func (p *parser) closes(depth int) bool {
	r, _ := p.peek(p.at)
	return depth > 0 && r == ')'
}

// bar takes a | that stands alone.
func (p *parser) bar(depth int) bool {
	r, size := p.peek(p.at)
	if r != '|' {
		return false
	}
	if next, n := p.peek(p.at + size); n > 0 && !Space(next) && (depth == 0 || next != ')') {
		return false
	}
	p.at += size
	return true
}

// peek is the character at a place, narrow, and its bytes; 0 at the end.
func (p *parser) peek(at int) (rune, int) {
	if at >= len(p.text) {
		return 0, 0
	}
	r, size := utf8.DecodeRuneInString(p.text[at:])
	return Narrow(r), size
}

func (p *parser) skipSpace() {
	for r, size := p.peek(p.at); size > 0 && Space(r); r, size = p.peek(p.at) {
		p.at += size
	}
}

// simplified is a node without a frame around its only kid.
func (n node) simplified() node {
	if len(n.kids) != 1 || n.op == opTerm {
		return n
	}
	kid := n.kids[0]
	kid.not = kid.not != n.not
	return kid
}

// sort has what costs least tested first.
func (n *node) sort() {
	if len(n.kids) < 2 {
		return
	}
	slices.SortStableFunc(n.kids, func(a, b node) int { return cmp.Compare(a.cost(), b.cost()) })
}

// compile makes the word's term.
func (w *word) compile() (term, *Error) {
	if w.colon > 0 {
		name, value := strings.ToLower(w.text[:w.colon]), w.text[w.colon+1:]
		if k, ok := keys[name]; ok {
			t, bad := k.compile(value, w)
			if bad == nil {
				return t, nil
			}
			if bad.End == 0 { // the mistake is the whole word
				bad.Pos, bad.End, bad.Code, bad.Arg = w.pos, w.end, cmp.Or(bad.Code, name), value
			}
			bad.Msg = fmt.Sprintf("%q: %s", w.text, bad.Msg)
			return term{}, bad
		}
	}
	if w.anywhere {
		k := keys["any"]
		return k.compile(w.text, w)
	}
	t := term{sides: wordSides, fields: wordFields, partial: true, inside: true}
	if w.regexp != nil {
		p, bad := w.regexp.compile()
		if bad != nil {
			return term{}, bad
		}
		t.row = p.inRow
		return t, nil
	}
	n := newNeedle(w.text)
	t.row = n.inRow
	return t, nil
}
