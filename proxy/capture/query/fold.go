package query

import "bytes"

// finder finds one text in bytes, whatever the case of letters of ASCII. It looks for the
// byte of the text that is the rarest in texts like JSON and HTML, with what the processor
// has for that, and compares the rest where it is found.
type finder struct {
	text         string // letters of ASCII in lower case
	at           int    // of the byte that is looked for
	small, large byte   // that byte, in both cases
}

func newFinder(text string) finder {
	f := finder{text: text}
	for i := range len(text) {
		if rarity(text[i]) > rarity(text[f.at]) {
			f.at = i
		}
	}
	f.small = text[f.at]
	f.large = f.small
	if f.small >= 'a' && f.small <= 'z' {
		f.large -= 'a' - 'A'
	}
	return f
}

// rarity orders bytes by how seldom they are.
func rarity(c byte) int {
	switch c {
	case 'z', 'q', 'j', 'x':
		return 9
	case 'k', 'v', 'w', 'y', 'b', 'g', 'f', 'p':
		return 7
	case 'h', 'm', 'u', 'c', 'd', 'l':
		return 6
	case ' ', '"', '\n':
		return 1
	case 'e', 't', 'a', 'o', 'i', 'n', 's', 'r', ',', ':':
		return 3
	}
	if c >= '0' && c <= '9' {
		return 4
	}
	return 8
}

// finderStep is how far one case of a byte is looked for before the other.
const finderStep = 4 << 10

// index is the first place at or after from, -1 for none.
func (f *finder) index(b []byte, from int) int {
	last := len(b) - len(f.text) + f.at // where the byte may be at most
	for i := from + f.at; i <= last; {
		window := b[i:min(i+finderStep, last+1)]
		hit := bytes.IndexByte(window, f.small)
		if f.small != f.large {
			before := window
			if hit >= 0 {
				before = window[:hit]
			}
			if k := bytes.IndexByte(before, f.large); k >= 0 {
				hit = k
			}
		}
		if hit < 0 {
			i += len(window)
			continue
		}
		if begin := i + hit - f.at; foldEqual(b[begin:], f.text) {
			return begin
		}
		i += hit + 1
	}
	return -1
}

func foldEqual(b []byte, text string) bool {
	for i := range len(text) {
		if lower(b[i]) != text[i] {
			return false
		}
	}
	return true
}

// Literal is a text that is found in bytes whatever the case of letters of ASCII, as in LiteralSets.
type Literal struct{ f finder }

// NewLiteral makes one of a text whose letters of ASCII are in lower case.
func NewLiteral(text string) Literal { return Literal{newFinder(text)} }

// In reports whether bytes hold the text.
func (l *Literal) In(b []byte) bool { return l.f.index(b, 0) >= 0 }
