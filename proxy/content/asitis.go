package content

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// AsItIs reports whether each text, of ASCII or any, that Searchable returns of a body without
// content codings stands so in the body. It allocates little and says no where that is not seen
// quickly; head is what Content-Type stands in.
func AsItIs(head, body []byte, ascii bool) bool {
	switch {
	case bytes.IndexByte(body, 0) >= 0 || bytes.IndexByte(body, 0x1b) >= 0: // UTF-16 and -32, ISO 2022
		return false
	case !ascii && !utf8.Valid(body):
		return false
	}
	for at := 0; ; at++ {
		i := bytes.IndexByte(head[at:], '=')
		if i < 0 {
			break
		}
		at += i
		name := bytes.TrimRight(head[:at], " \t*0")
		if len(name) < len("charset") || !bytes.EqualFold(name[len(name)-len("charset"):], []byte("charset")) {
			continue
		}
		if len(name) != at || !standsFor(labelAt(head[at+1:]), ascii) {
			return false
		}
	}
	if !mayLabel(body) {
		return true
	}
	label := ownLabel(body)
	return label == "" || standsFor([]byte(label), ascii)
}

// labelAt cuts off what can stand in a label.
func labelAt(b []byte) []byte {
	b = bytes.TrimLeft(b[:min(len(b), 40)], " \t\"'")
	for i, c := range b {
		if c <= ' ' || strings.IndexByte(`;,"'`, c) >= 0 {
			return b[:i]
		}
	}
	return b
}

// standsFor reports whether in a charset ASCII stands for itself alone, or is UTF-8, as far as
// charsets are known here.
func standsFor(label []byte, ascii bool) bool {
	var space [16]byte
	if len(label) > len(space) {
		return false
	}
	lower := space[:copy(space[:], label)]
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	switch string(lower) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return true
	case "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-9", "iso-8859-15", "latin1", "windows-1250", "windows-1251", "windows-1252",
		"koi8-r", "gbk", "gb2312", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr":
		return ascii
	}
	return false
}
