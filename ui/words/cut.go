package words

import (
	"unicode/utf8"

	"posthouse/ui/visible"
)

// RuneStart is the last place at or before at where a rune begins.
func RuneStart(text string, at int) int {
	for back := 0; back < utf8.UTFMax && at-back > 0; back++ {
		if utf8.RuneStart(text[at-back]) {
			return at - back
		}
	}
	return at
}

// VisibleText makes everything in a line visible: see package visible.
func VisibleText(s string) string { return visible.Text(s) }

// ShortText is a text with an ellipsis where it is longer than some bytes.
func ShortText(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	return text[:RuneStart(text, longest)] + Ellipsis
}

// Ellipsis stands for what was cut off.
const Ellipsis = "…"
