// Package visible makes text that came from elsewhere safe to draw: nothing in it is
// without a shape, turns what stands around it around, or ends the line. Whoever draws
// such text calls Text; whoever copies it takes the text as it came.
//
// A mark in angle quotes stands for what has no shape: ‹NUL› for a control of ASCII,
// ‹U+202E› for another code point, ‹\xE4› for a byte that is not UTF-8, ‹U+FFFD› for the
// sign that a decoder puts in place of such bytes. The toolkit draws � for a
// character that none of this computer's fonts has; nothing else looks so.
//
// Words that are written from right to left need no help: the toolkit (2.8.1) turns
// the letters of each such word round, and draws words, punctuation and digits in the
// order that they are in.
package visible

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// TabWidth is in spaces.
const TabWidth = 4

// Text makes everything in a line visible. What it made it leaves as it is.
func Text(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	walk(s, func(_ int, shown string) bool { b.WriteString(shown); return true })
	return b.String()
}

// Lines is Text for a text of some lines.
func Lines(s string) string {
	if plain(s) {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Text(line)
	}
	return strings.Join(lines, "\n")
}

// Offset is the place in raw of a byte offset in the text that is shown of it.
func Offset(raw string, shown int) int {
	seen, found := 0, len(raw)
	walk(raw, func(at int, text string) bool {
		if seen >= shown {
			found = at
			return false
		}
		seen += len(text)
		return true
	})
	return found
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// walk calls each with what is shown of every character, until it returns false.
func walk(s string, each func(at int, shown string) bool) {
	before := rune(0)
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		shown := s[at : at+size]
		switch {
		case r == utf8.RuneError && size == 1:
			shown = fmt.Sprintf(`‹\x%02X›`, s[at])
		case joiner(r) && before >= 0x600 && !joiner(before): // of an emoji, or a script that is written with them
		case selector(r) && selected(before, s[at+size:]):
		default:
			shown = Rune(r)
		}
		if !each(at, shown) {
			return
		}
		before = r
		at += size
	}
}

// Rune is what is shown for a character by itself.
func Rune(r rune) string {
	switch {
	case r == '\t':
		return strings.Repeat(" ", TabWidth)
	case r < 0x20:
		return controlNames[r]
	case r < 0x7f:
		return string(r)
	case r == 0x7f, r == 0x2421:
		return "‹DEL›"
	case r >= 0x2400 && r < 0x2420: // pictures of controls, which the toolkit's fonts lack
		return controlNames[r-0x2400]
	case shapeless(r):
		return fmt.Sprintf("‹U+%04X›", r)
	}
	return string(r)
}

// controlNames are those of ASCII (RFC 20 section 5.2).
var controlNames = [0x20]string{"‹NUL›", "‹SOH›", "‹STX›", "‹ETX›", "‹EOT›", "‹ENQ›", "‹ACK›", "‹BEL›", "‹BS›", "‹HT›", "‹LF›", "‹VT›",
	"‹FF›", "‹CR›",
	"‹SO›", "‹SI›", "‹DLE›", "‹DC1›", "‹DC2›", "‹DC3›", "‹DC4›", "‹NAK›", "‹SYN›", "‹ETB›", "‹CAN›", "‹EM›", "‹SUB›", "‹ESC›", "‹FS›",
	"‹GS›", "‹RS›", "‹US›"}

// shapeless knows what has no shape of its own: C1 controls, marks of order and
// isolation (which can make a text read as another), line and paragraph
// separators, zero-width spaces and joiners, fillers, selectors of a form, tags.
func shapeless(r rune) bool {
	switch {
	case selector(r):
		return true
	case r < 0xa0, r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x180e,
		r == 0x3164, r == 0xffa0:
		return r >= 0x7f
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff:
		return true
	}
	return r >= 0xfff9 && r <= 0xfffd || r >= 0x1bca0 && r <= 0x1bca3 || r >= 0x1d173 && r <= 0x1d17a || r >= 0xe0000 && r <= 0xe0fff
}

// selector knows what chooses the form of the character before it (Unicode 16.0
// section 23.4). Any number of them could hide anything.
func selector(r rune) bool {
	return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef || r >= 0x180b && r <= 0x180f && r != 0x180e
}

// selected reports whether a character is one that has other forms; of ASCII, those
// on a key.
func selected(r rune, rest string) bool {
	return r >= 0xa9 && r != '›' && !shapeless(r) || r != 0 && strings.ContainsRune("0123456789#*", r) && strings.HasPrefix(rest, "\u20e3")
}

func joiner(r rune) bool { return r == 0x200c || r == 0x200d }
