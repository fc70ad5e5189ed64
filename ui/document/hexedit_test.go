package document

import (
	"bytes"
	"testing"

	"fyne.io/fyne/v2/test"
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

// What is no hexadecimal is told until it is mended, however often the bytes are shown meanwhile.
func TestBrokenHexStaysBroken(t *testing.T) {
	test.NewTempApp(t)
	var took []byte
	h := NewHexEditor(NewEditor(func(func(int) (string, bool)) {}), func(b []byte) { took = b }, func() {})
	h.ShowBytes([]byte("a"), false)
	h.Insert("f")
	h.ShowBytes([]byte("a"), false)
	if !h.Broken() || h.Text() != "f61" || took != nil {
		t.Errorf("%v %q %q", h.Broken(), h.Text(), took)
	}
	h.Forget()
	h.ShowBytes([]byte("a"), false)
	if h.Broken() || h.Text() != "61" {
		t.Errorf("%v %q", h.Broken(), h.Text())
	}
}
