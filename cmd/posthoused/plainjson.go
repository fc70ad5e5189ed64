package main

import (
	"io"
	"unicode"
	"unicode/utf8"
)

// plainJSON writes JSON on, in which it escapes what a terminal would act on: DEL, C1 controls,
// marks of order, separators of lines, all that does not print. In JSON
// these stand in strings only, so the values stay what they were. Flush writes what is left of
// a character that was cut.
type plainJSON struct {
	w    io.Writer
	out  []byte
	rest []byte // of a character whose other bytes are still to come; shorter than utf8.UTFMax
}

func (p *plainJSON) Write(b []byte) (int, error) {
	text := b
	if len(p.rest) > 0 {
		text = append(p.rest, b...)
	}
	whole := len(text)
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if utf8.RuneStart(text[len(text)-n]) {
			if !utf8.FullRune(text[len(text)-n:]) {
				whole = len(text) - n
			}
			break
		}
	}
	p.append(text[:whole])
	p.rest = append(p.rest[:0:0], text[whole:]...)
	_, err := p.w.Write(p.out)
	return len(b), err
}

// append puts text into out, escaped.
func (p *plainJSON) append(text []byte) {
	p.out = p.out[:0]
	start := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < 0x7f { // controls below are escaped, or space between values
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			p.out = appendEscape(append(p.out, text[start:i]...), r)
			start = i + n
		}
		i += n
	}
	p.out = append(p.out, text[start:]...)
}

// Flush writes what is left.
func (p *plainJSON) Flush() error {
	if len(p.rest) == 0 {
		return nil
	}
	p.append(p.rest)
	p.rest = nil
	_, err := p.w.Write(p.out)
	return err
}
