package shellquote

import "strings"

// PowerShell takes all of these for a single quote.
var powerShellQuotes = strings.NewReplacer("'", "''", "\u2018", "\u2018\u2018", "\u2019", "\u2019\u2019", "\u201a", "\u201a\u201a",
	"\u201b", "\u201b\u201b")

// PowerShell makes a string of a text that is Safe. It is right for PowerShell's
// own commands and assignments. As an argument of another program it is right
// only without double quotes and without a backslash at the end: Windows
// PowerShell 5.1 and PowerShell 7.3 hand those on in different ways.
func PowerShell(text string) string { return "'" + powerShellQuotes.Replace(text) + "'" }

// Windows makes one word of a path or a name for both shells of Windows, where
// it is unknown which of them a command is pasted into. What double quotes do not
// keep from being something else in one of them is written for PowerShell.
func Windows(word string) string {
	switch {
	case word != "" && strings.Trim(word, `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.:_-\`) == "":
		return word
	case !Safe(word), strings.ContainsAny(word, "\"$`%\u201c\u201d\u201e"), strings.HasSuffix(word, `\`):
		return PowerShell(strings.Map(func(r rune) rune {
			if !printable(r) {
				return '\ufffd' // no file and no host is called so
			}
			return r
		}, word))
	}
	return `"` + word + `"`
}

// Cmd makes one argument of a text that is ASCII for a program that is started
// at the prompt of cmd.exe.
//
// Two readers take it apart. The program's runtime splits the line into
// arguments: inside quotes a backslash before a quote keeps it, and backslashes
// before a quote are doubled ("Parsing C command-line arguments"). Before that
// cmd.exe reads the line. There every sign has a caret, the quotes as well: inside
// quotes cmd.exe would take no caret, and nothing would keep % from being a
// variable's. At the prompt the carets do not keep it from that either, for
// variables come first; but with a caret behind every % the name asked for begins
// with one, no such variable is set, and what is not set stays as it stands.
func Cmd(word string) string {
	if plain(word) {
		return word
	}
	var b strings.Builder
	b.WriteString(`^"`)
	caret := func(c byte, forced bool) {
		if forced || !alphanumeric(c) && strings.IndexByte(" /.:,_-=", c) < 0 {
			b.WriteByte('^')
		}
		b.WriteByte(c)
	}
	backslashes, percent := 0, false
	for i := range len(word) {
		c := word[i]
		switch c {
		case '\\':
			backslashes++
		case '"':
			for range backslashes + 1 {
				caret('\\', false)
			}
			backslashes = 0
		default:
			backslashes = 0
		}
		caret(c, percent)
		percent = c == '%'
	}
	for range backslashes {
		caret('\\', false)
	}
	b.WriteString(`^"`)
	return b.String()
}
