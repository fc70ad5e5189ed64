package flow

import "testing"

func TestCounted(t *testing.T) {
	for n, want := range map[int64]string{-1: "-1 bytes", 0: "0 bytes", 1: "1 byte", 2: "2 bytes", 1 << 40: "1099511627776 bytes"} {
		if got := Counted(n, "byte", "bytes"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
