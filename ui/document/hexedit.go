package document

import (
	"strings"

	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// MaxHex bounds the bytes that are edited in hexadecimal: their text is three times as long.
const MaxHex = 1 << 20

// HexEditor edits bytes in hexadecimal. Of more than MaxHex the first are shown, to be read alone.
type HexEditor struct {
	*Editor
	Took func(body []byte) // a person has made these bytes
	Told func()            // Problem may say something else

	of   string // the bytes that the text stands for
	long bool   // there are more
	line int    // where the text is none, from 1; 0 for nowhere
}

// NewHexEditor makes one of an editor, which is its own from then on.
func NewHexEditor(e *Editor, took func(body []byte), told func()) *HexEditor {
	h := &HexEditor{Editor: e, Took: took, Told: told}
	e.Changed = h.changed
	return h
}

// ShowBytes shows bytes, unless they are those that the text in sight stands for, or stood for before
// it was broken.
func (h *HexEditor) ShowBytes(body []byte, readOnly bool) {
	h.long = len(body) > MaxHex
	h.ReadOnly = readOnly || h.long
	body = body[:min(len(body), MaxHex)]
	if h.of != string(body) || h.Text() == "" {
		h.of, h.line = string(body), 0
		h.SetText(HexText(body))
	}
}

// Forget lets go what was typed: the next bytes are others, even where they are the same.
func (h *HexEditor) Forget() {
	h.of, h.line = "", 0
	h.SetText("")
}

func (h *HexEditor) changed() {
	body, line := HexBytes(h.Text())
	if h.line = line; line == 0 {
		h.of = string(body)
		h.Took(body)
	}
	h.Told()
}

// Broken reports whether the text stands for no bytes now: those before stay.
func (h *HexEditor) Broken() bool { return h.line > 0 }

// BrokenLine is the line, from 1, where the text stands for no bytes; 0 for none.
func (h *HexEditor) BrokenLine() int { return h.line }

// Problem is what is to be said of it, "" for nothing.
func (h *HexEditor) Problem() string {
	switch {
	case h.line > 0:
		return i18n.T("compose.hex.line", h.line)
	case h.long:
		return i18n.T("compose.hex.long", words.SizeText(MaxHex))
	}
	return ""
}

// HexText is bytes in hexadecimal, sixteen a line.
func HexText(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	s.Grow(3 * len(b))
	for i, c := range b {
		switch {
		case i == 0:
		case i%hexWidth == 0:
			s.WriteByte('\n')
		case i%(hexWidth/2) == 0:
			s.WriteString("  ")
		default:
			s.WriteByte(' ')
		}
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

// HexBytes are the bytes of such a text, however it is spaced; line is where it is none, from 1.
func HexBytes(text string) (b []byte, line int) {
	line = 1
	half, high := false, byte(0)
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '\n':
			line++
			fallthrough
		case c == ' ' || c == '\t' || c == '\r':
			if half {
				return nil, line
			}
			continue
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return nil, line
		}
		if half {
			b = append(b, high<<4|c)
		}
		half, high = !half, c
	}
	if half {
		return nil, line
	}
	return b, 0
}
