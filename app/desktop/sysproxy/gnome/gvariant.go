package gnome

import "strings"

// gvStrings reads an array of strings in GVariant's text form.
func gvStrings(text string) []string {
	var out []string
	for {
		i := strings.IndexAny(text, `'"`)
		if i < 0 {
			return out
		}
		s, rest := gvQuoted(text[i:])
		out = append(out, s)
		text = rest
	}
}

// gvString reads one string in GVariant's text form.
func gvString(text string) string {
	if text == "" || text[0] != '\'' && text[0] != '"' {
		return ""
	}
	s, _ := gvQuoted(text)
	return s
}

// gvQuoted reads the string that text begins with and returns what follows it.
func gvQuoted(text string) (s, rest string) {
	quote := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			return b.String(), text[i+1:]
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

func gvQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func gvQuoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = gvQuote(s)
	}
	if len(list) == 0 {
		return "@as []"
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
