package document

import (
	"time"
	"unicode/utf8"
)

// docSelection goes from anchor to head, in either direction.
type docSelection struct{ anchor, head Pos }

func (s docSelection) ordered() (from, to Pos) {
	if s.head.before(s.anchor) {
		return s.head, s.anchor
	}
	return s.anchor, s.head
}

func (s docSelection) empty() bool { return s.anchor == s.head }

// in is the part of a row of a line that is selected.
func (s docSelection) in(line int, p piece) (from, to int, ok bool) {
	first, last := s.ordered()
	if s.empty() || line < first.Line || line > last.Line {
		return 0, 0, false
	}
	from, to = p.from, p.to
	if line == first.Line {
		from = max(from, first.at)
	}
	if line == last.Line {
		to = min(to, last.at)
	}
	return from, to, from < to || from == to && p.from == p.to && line != last.Line
}

// lineSelection is what is selected, and how the mouse selects it.
type lineSelection struct {
	docSelection
	dragging bool
	lastDown Pos // of the mouse, to know a double click
	lastTime time.Time
}

// doubleClickTime is how soon the second press follows the first.
const doubleClickTime = 400 * time.Millisecond

// again is told of each press, and reports whether it is the second of a double click.
func (s *lineSelection) again(at Pos) bool {
	double := at == s.lastDown && time.Since(s.lastTime) < doubleClickTime
	s.lastDown, s.lastTime = at, time.Now()
	return double
}

// begin begins a selection that is dragged, or goes on with the one that is there.
func (s *lineSelection) begin(at Pos, extend bool) {
	if !extend {
		s.anchor = at
	}
	s.head, s.dragging = at, true
}

// clip ends the selection where the document ends.
func (s *lineSelection) clip(end Pos) {
	for _, p := range []*Pos{&s.anchor, &s.head} {
		if end.before(*p) {
			*p = end
		}
	}
}

// wordAt is the run of letters, digits and _ around a place.
func wordAt(text string, at int) (from, to int) {
	isWord := func(r rune) bool {
		return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' || r >= utf8.RuneSelf
	}
	from, to = min(at, len(text)), min(at, len(text))
	for from > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:from])
		if !isWord(r) {
			break
		}
		from -= size
	}
	for to < len(text) {
		r, size := utf8.DecodeRuneInString(text[to:])
		if !isWord(r) {
			break
		}
		to += size
	}
	return from, to
}
