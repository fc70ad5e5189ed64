package compose

import "strings"

// maxHex bounds the bytes that are edited in hexadecimal: their text is three times as long.
const maxHex = 1 << 20

const hexWidth = 16 // bytes a line

// hexText is bytes in hexadecimal, sixteen a line.
func hexText(b []byte) string {
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

// hexBytes are the bytes of such a text, however it is spaced; line is where it is none, from 1.
func hexBytes(text string) (b []byte, line int) {
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
