package http1

import "encoding/binary"

const (
	classToken  = 1 << iota // tchar, RFC 9110 section 5.6.2
	classTarget             // anything but controls and SP; "illegal but common" characters stay
	classHost               // reg-name, RFC 3986 section 3.2.2, and raw UTF-8
)

var classes = makeClasses()

func makeClasses() (t [256]byte) {
	for c := 0; c < 256; c++ {
		alnum := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if alnum {
			t[c] |= classToken | classHost
		}
		if c > ' ' && c != 0x7f {
			t[c] |= classTarget
		}
		if c >= 0x80 {
			t[c] |= classHost
		}
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		t[c] |= classToken
	}
	for _, c := range []byte("-._~!$&'()*+,;=%") {
		t[c] |= classHost
	}
	return t
}

func isClass(b []byte, class byte) bool {
	for _, c := range b {
		if classes[c]&class == 0 {
			return false
		}
	}
	return true
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// cleanText reports whether b holds no control character except HTAB
// (field-value, RFC 9110 section 5.5; bytes from 0x80 on are obs-text).
// Eight bytes are looked at in one step, since this walks every byte that passes in a head.
func cleanText(b []byte) bool {
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		low := (w - ones*0x20) &^ w
		del := w ^ ones*0x7f
		if (low|(del-ones)&^del)&highs != 0 && !cleanSlow(b[:8]) {
			return false
		}
		b = b[8:]
	}
	return cleanSlow(b)
}

func cleanSlow(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// EqualFold reports whether b is lower, an ASCII text in lower case, whatever b's case.
func EqualFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range b {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// sameFold reports whether a and b are the same token, whatever their case.
func sameFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if x >= 'A' && x <= 'Z' {
			x |= 0x20
		}
		if y >= 'A' && y <= 'Z' {
			y |= 0x20
		}
		if x != y {
			return false
		}
	}
	return true
}

// trimOWS cuts optional white space from both ends (RFC 9110 section 5.6.3).
func trimOWS(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// nextElement cuts the first element off a comma separated list (RFC 9110
// section 5.6.1). Empty elements come out as empty.
func nextElement(list []byte) (element, rest []byte) {
	for i, c := range list {
		if c == ',' {
			return trimOWS(list[:i]), list[i+1:]
		}
	}
	return trimOWS(list), nil
}

// listHolds reports whether word, in lower case, is an element of a list.
func listHolds(list []byte, word string) bool {
	for rest := list; rest != nil; {
		var element []byte
		if element, rest = nextElement(rest); EqualFold(element, word) {
			return true
		}
	}
	return false
}

// parseDecimal reads a non-empty run of digits; ok is false on anything else or above 2^63-1.
func parseDecimal(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var u uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	if u > 1<<63-1 {
		return 0, false
	}
	return int64(u), true
}

// allDigits reports whether b is a non-empty run of digits, however long.
func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
