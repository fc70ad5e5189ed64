// Package shellquote makes words for the command lines that people copy: of a
// POSIX shell, fish, PowerShell and cmd.exe; and literals for the programs that they
// copy: in Python, JavaScript and Go. It is the one place that knows their rules. A
// word comes out as the program gets it, whatever it holds: hostile
// words are what it is for.
//
// No form changes what it cannot carry. Safe says what may be pasted as it is;
// the rest is written with Escaped, or left out by the caller, who says so.
package shellquote

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe reports whether a text may go to a terminal as it is. A terminal acts on
// controls, bracketed paste or not (C0, DEL, C1, a line break that runs what came
// before it); marks of order make a text read as another one; bytes that are no
// UTF-8 become something else on the way.
func Safe(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if !printable(r) {
			return false
		}
	}
	return true
}

// printable knows no controls and no formats (C0, DEL, C1, marks of order), no
// separators of lines and nothing that Unicode has not assigned.
func printable(r rune) bool { return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) }

// ASCII reports whether a text is of ASCII's letters, digits, signs and the space.
func ASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// plain reports whether no shell makes something else of a word without quotes.
func plain(word string) bool {
	for i := range len(word) {
		if c := word[i]; !alphanumeric(c) && strings.IndexByte("/.:,_-", c) < 0 {
			return false
		}
	}
	return word != ""
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// MaxTyped bounds a line that is typed or pasted, in bytes: without line editing
// the terminal of macOS takes 1,024, that of Linux 4,096. It drops the rest, with
// the quote at its end, so that what follows is no longer in quotes.
const MaxTyped = 900

// POSIX makes one word of a text that is Safe for sh, dash, bash, zsh, and for
// fish too: inside single quotes fish takes a backslash for itself, so here none
// stands inside them. A long word goes over several lines.
func POSIX(word string) string {
	if plain(word) && len(word) <= MaxTyped {
		return word
	}
	if word == "" {
		return "''"
	}
	var b strings.Builder
	quoted := false
	room := MaxTyped // in the line
	quote := func(on bool) {
		if on != quoted {
			b.WriteByte('\'')
			quoted = on
			room--
		}
	}
	for _, r := range word {
		if room < utf8.UTFMax+2 { // the quotes too
			quote(false)
			b.WriteString("\\\n")
			room = MaxTyped
		}
		outside := r == '\'' || r == '\\'
		quote(!outside)
		if outside {
			b.WriteByte('\\')
			room--
		}
		b.WriteRune(r)
		room -= utf8.RuneLen(r)
	}
	quote(false)
	return b.String()
}

// Printf makes one word of any bytes but NUL and a line feed at the end: the
// shell has printf make them. It is for POSIX shells, and fish 3.4 or later.
func Printf(word []byte) string {
	return `"$(printf '%b' '` + strings.Join(Typed(Escaped(word)), "' \\\n  '") + `')"`
}

// Escaped is bytes as the conversion %b of printf takes them, to stand in single
// quotes (POSIX, "printf"): escapes for all that is not Safe, for the backslash
// and the quote, and for the sign with which bash recalls a command inside double
// quotes. A built-in printf writes every byte, NUL too.
func Escaped(text []byte) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\\' || r == '\'' || r == '!' || r == utf8.RuneError || !printable(r):
			for _, c := range text[:n] {
				fmt.Fprintf(&b, `\0%03o`, c)
			}
		default:
			b.Write(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// Typed cuts what Escaped made into pieces that a terminal takes as a line: after
// a line feed, or where one becomes too long.
func Typed(escaped string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(escaped); {
		n := 1
		switch {
		case escaped[i] == '\\' && escaped[i+1] == '0':
			n = 5
		case escaped[i] == '\\':
			n = 2
		case escaped[i] >= utf8.RuneSelf:
			_, n = utf8.DecodeRuneInString(escaped[i:])
		}
		lineEnd := n == 2 && escaped[i+1] == 'n'
		if i += n; lineEnd || i-start >= MaxTyped {
			parts = append(parts, escaped[start:i])
			start = i
		}
	}
	if start < len(escaped) || len(parts) == 0 {
		parts = append(parts, escaped[start:])
	}
	return parts
}

var fishQuotes = strings.NewReplacer(`\`, `\\`, "'", `\'`)

// Fish makes one word of a text that is Safe for fish.
func Fish(word string) string {
	if plain(word) {
		return word
	}
	return "'" + fishQuotes.Replace(word) + "'"
}
