package document

import (
	"bytes"
	"testing"
)

func FuzzHex(f *testing.F) {
	f.Add([]byte("\x00\xffabcdefghijklmnopqrstuvwxyz"), "0a 0b\n0")
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		if back, line := HexBytes(HexText(b)); line != 0 || !bytes.Equal(back, b) {
			t.Errorf("%x came back as %x, line %d", b, back, line)
		}
		if got, line := HexBytes(text); line == 0 {
			if again, line := HexBytes(HexText(got)); line != 0 || !bytes.Equal(again, got) {
				t.Errorf("%q is %x, and then %x", text, got, again)
			}
		}
	})
}
