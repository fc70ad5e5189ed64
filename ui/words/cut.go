package words

import (
	"path/filepath"
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

// longestName is how many runes of a file's name are shown.
const longestName = 60

// FileName is the name of a file, without its folder, to be shown.
func FileName(path string) string { return MiddleText(filepath.Base(path)) }

// MiddleText is a name or a path to be shown: a long one without its middle, for its ends tell it from
// others.
func MiddleText(name string) string {
	runes := []rune(VisibleText(name))
	if len(runes) <= longestName {
		return string(runes)
	}
	const half = longestName / 2
	return string(runes[:half]) + Ellipsis + string(runes[len(runes)-half+1:])
}
