package sysproxy

import "testing"

func TestCommandOutputIsBounded(t *testing.T) {
	var b limitedBuffer
	for range 300 {
		if n, err := b.Write(make([]byte, 4096)); n != 4096 || err != nil {
			t.Fatal(n, err)
		}
	}
	if b.Len() != 1<<20 {
		t.Errorf("%d bytes are kept", b.Len())
	}
}
