package shelltest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// made is what printf makes inside double quotes: nothing in it is the shell's,
// and the escapes are those of %b.
var made = regexp.MustCompile(`\A"\$\(printf '%b' '([ -&(-~\x{80}-\x{10ffff}]*(?:' \\\n  '[ -&(-~\x{80}-\x{10ffff}]*)*)'\)"`)

// POSIX is the words of a command, or of a pipe of commands, as a POSIX shell and
// fish both read them. What is made by printf stands as its escapes. The error
// says that there is more than words.
func POSIX(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	open := false
	end := func() {
		if open {
			words = append(words, word.String())
			word.Reset()
		}
		open = false
	}
	for text != "" {
		c := text[0]
		switch {
		case strings.HasPrefix(text, "\\\n"): // as if it were not there
			text = text[2:]
			continue
		case c == ' ', strings.HasPrefix(text, "|\n"):
			end()
			text = strings.TrimPrefix(text, "|")[1:]
			continue
		case c == '\\':
			word.WriteByte(text[1])
			text = text[2:]
		case c == '\'':
			inner, rest, ok := strings.Cut(text[1:], "'")
			if !ok {
				return nil, errors.New("a quote stays open")
			}
			if strings.Contains(inner, "\n") {
				return nil, errors.New("a line ends inside quotes")
			}
			if strings.Contains(inner, `\\`) || strings.HasSuffix(inner, `\`) {
				return nil, errors.New("fish takes a backslash for itself")
			}
			word.WriteString(inner)
			text = rest
		case c == '"':
			m := made.FindStringSubmatch(text)
			if m == nil {
				return nil, fmt.Errorf("%.40q is no word", text)
			}
			word.WriteString(strings.ReplaceAll(m[1], "' \\\n  '", ""))
			text = text[len(m[0]):]
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', strings.IndexByte("-_./:,@%+=", c) >= 0:
			word.WriteByte(c)
			text = text[1:]
		default:
			return nil, fmt.Errorf("%.40q is the shell's", text)
		}
		open = true
	}
	end()
	return words, nil
}
