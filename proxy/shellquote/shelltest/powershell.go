package shelltest

import (
	"errors"
	"strings"
)

// quotes are what PowerShell takes for a single quote.
const quotes = "'\u2018\u2019\u201a\u201b"

// HereString is the content of the literal here-string that a text begins with,
// and what stands behind it.
func HereString(text string) (content, rest string, err error) {
	text, ok := strings.CutPrefix(text, "@'\n")
	if !ok {
		return "", "", errors.New("no here-string begins")
	}
	var lines []string
	for {
		line, after, more := strings.Cut(text, "\n")
		for _, q := range quotes {
			if end, ok := strings.CutPrefix(text, string(q)+"@"); ok {
				return strings.Join(lines, "\n"), end, nil
			}
		}
		if !more {
			return "", "", errors.New("the here-string does not end")
		}
		lines = append(lines, line)
		text = after
	}
}

// String is the literal string that a text begins with, and what stands behind it.
func String(text string) (content, rest string, err error) {
	runes := []rune(text)
	if len(runes) == 0 || !strings.ContainsRune(quotes, runes[0]) {
		return "", "", errors.New("no string begins")
	}
	var b strings.Builder
	for i := 1; i < len(runes); i++ {
		if strings.ContainsRune(quotes, runes[i]) {
			if i+1 == len(runes) || !strings.ContainsRune(quotes, runes[i+1]) {
				return b.String(), string(runes[i+1:]), nil
			}
			i++
		}
		b.WriteRune(runes[i])
	}
	return "", "", errors.New("the string does not end")
}
