package style

import (
	"posthouse/ui/words"
	"unicode/utf8"

	"fyne.io/fyne/v2"
)

// maxMeasured bounds the widths that are remembered.
const maxMeasured = 4096

// measured remembers how wide each rune is. Texts of the list are in one font
// and size, and their width is close enough to the sum of their runes.
var measured = map[rune]float32{}

// RuneWidth is how wide a character of the list's text is drawn. It is called on the UI
// goroutine.
func RuneWidth(r rune) float32 {
	if w, ok := measured[r]; ok {
		return w
	}
	if len(measured) >= maxMeasured {
		clear(measured)
	}
	w := fyne.MeasureText(string(r), TextSize, fyne.TextStyle{}).Width
	measured[r] = w
	return w
}

// CutText is as much of text as is width wide, with an ellipsis where it was
// cut. It belongs to the UI goroutine.
func CutText(text string, width float32) string {
	if width <= 0 {
		return ""
	}
	dots := RuneWidth('…')
	used, fits := float32(0), 0 // fits: where the text could be cut
	for i, r := range text {
		used += RuneWidth(r)
		if used > width {
			return text[:fits] + words.Ellipsis
		}
		if used+dots <= width {
			fits = i + utf8.RuneLen(r)
		}
	}
	return text
}

// LeftSpace is where labels of the toolkit begin: other text lines up with them.
const LeftSpace float32 = 8

// RowHeight is the height of a row of the list and of the sidebar.
const RowHeight = 26

// TextSize is the size of the text in rows.
const TextSize = 13
