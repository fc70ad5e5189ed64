package ui

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
)

// document is what a lineView shows, line by line. Documents do not change once
// they are shown, and may be read from any goroutine. A line is short, whatever
// the document is made of: what is laid out of one is bounded by maxPiece.
type document interface {
	Len() int
	Line(i int) docLine
	// Copy is the text between two places, as it is, not as it is shown; whole is
	// false where there is more than limit bytes of it.
	Copy(from, to docPos, limit int) (text string, whole bool)
	// Find returns up to limit matches in order, and whether there are more.
	Find(ctx context.Context, needle string, limit int) (found []docMatch, more bool)
}

// docLine is one line as it is shown: no tabs, no controls.
type docLine struct {
	text   string
	spans  []docSpan // colours; what follows the last is plain
	number int       // line number; 0 for none
	hang   int       // columns by which the rows of a wrapped line are set in
}

// docSpan colours text from where the span before it ended.
type docSpan struct {
	end   int // byte offset in the line
	tab   int // column at which what follows begins; 0 for right after
	color fyne.ThemeColorName
	bold  bool
}

// plainSpan is a span without a tab.
func plainSpan(end int, name fyne.ThemeColorName) docSpan { return docSpan{end: end, color: name} }

// docPos is a place in a document: a line and a byte offset in the text shown of it.
type docPos struct{ line, at int }

func (p docPos) before(o docPos) bool { return p.line < o.line || p.line == o.line && p.at < o.at }

// docMatch is what a search found, within one line.
type docMatch struct{ line, from, to int }

const (
	// maxPiece bounds what is laid out as one line, in bytes; a longer line goes on
	// in the next one, without a number.
	maxPiece = 1000
	// tabWidth is in columns.
	tabWidth = 4
)

// runeStart is the last place at or before at where a rune begins.
func runeStart(text string, at int) int {
	for back := 0; back < utf8.UTFMax && at-back > 0; back++ {
		if utf8.RuneStart(text[at-back]) {
			return at - back
		}
	}
	return at
}

func leadingSpaces(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// visibleText makes everything in a line visible: spaces for tabs, names for
// controls, code points for what has no shape or would turn the text around.
func visibleText(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for _, r := range s {
		b.WriteString(visibleRune(r))
	}
	return b.String()
}

func visibleRune(r rune) string {
	switch {
	case r == '\t':
		return strings.Repeat(" ", tabWidth)
	case r < 0x20:
		return controlNames[r]
	case r < 0x7f:
		return string(r)
	case r == 0x7f, r == 0x2421:
		return "‹DEL›"
	case r >= 0x2400 && r < 0x2420: // pictures of controls, which the toolkit's fonts lack
		return controlNames[r-0x2400]
	case isInvisible(r):
		return fmt.Sprintf("‹U+%04X›", r)
	}
	return string(r)
}

// controlNames are those of ASCII (RFC 20 section 5.2).
var controlNames = [0x20]string{"‹NUL›", "‹SOH›", "‹STX›", "‹ETX›", "‹EOT›", "‹ENQ›", "‹ACK›", "‹BEL›", "‹BS›", "‹HT›", "‹LF›", "‹VT›", "‹FF›", "‹CR›",
	"‹SO›", "‹SI›", "‹DLE›", "‹DC1›", "‹DC2›", "‹DC3›", "‹DC4›", "‹NAK›", "‹SYN›", "‹ETB›", "‹CAN›", "‹EM›", "‹SUB›", "‹ESC›", "‹FS›", "‹GS›", "‹RS›", "‹US›"}

// isInvisible knows what has no shape of its own: C1 controls, marks of order
// and isolation (which can make a text read as another), line and paragraph
// separators, zero-width spaces, tags. Joiners are left: emoji are made with them.
func isInvisible(r rune) bool {
	switch {
	case r < 0xa0, r == 0xad, r == 0x61c, r == 0x180e, r == 0x200b, r == 0x200e, r == 0x200f:
		return r >= 0x7f
	case r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff:
		return true
	}
	return r >= 0xfff9 && r <= 0xfffb || r >= 0xe0000 && r <= 0xe007f
}

// rawOffset is the place in raw of a byte offset in the text shown of it.
func rawOffset(raw string, shown int) int {
	seen := 0
	for i, r := range raw {
		if seen >= shown {
			return i
		}
		seen += len(visibleRune(r))
	}
	return len(raw)
}
