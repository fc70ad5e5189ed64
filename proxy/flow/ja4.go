package flow

import "encoding/hex"

// JA4 is the fingerprint of a ClientHello as FoxIO defines it, with its two sums as bytes.
// Zero is none.
type JA4 [ja4Head + 2*6]byte

const (
	ja4Head = 10             // characters before the first sum
	ja4Text = ja4Head + 2*13 // of the whole
)

// ParseJA4 reads a text such as "t13d1516h2_8daaf6152771_d8a2da3f94cd"; one of another
// form is none.
func ParseJA4(text string) (j JA4) {
	if len(text) != ja4Text {
		return JA4{}
	}
	copy(j[:], text[:ja4Head])
	_, err := hex.Decode(j[ja4Head:], []byte(text[ja4Head+1:ja4Head+13]))
	if _, err2 := hex.Decode(j[ja4Head+6:], []byte(text[ja4Head+14:])); err != nil || err2 != nil {
		return JA4{}
	}
	return j
}

// String is the text, "" for none.
func (j JA4) String() string {
	if j == (JA4{}) {
		return ""
	}
	b := make([]byte, 0, ja4Text)
	b = append(append(b, j[:ja4Head]...), '_')
	b = append(hex.AppendEncode(b, j[ja4Head:ja4Head+6]), '_')
	return string(hex.AppendEncode(b, j[ja4Head+6:]))
}
