//go:build unix

package sysproxy

import "testing"

func TestCommandOutputIsBounded(t *testing.T) {
	const flood = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"
	if out, err := commandsUnder(nil)(t.Context(), "sh", "-c", flood); len(out) != maxOutput || err != nil {
		t.Errorf("%d bytes are kept, %v", len(out), err)
	}
	out, err := commandsUnder(nil)(t.Context(), "sh", "-c", flood+"; exit 3")
	if failed, ok := err.(*commandError); len(out) != maxOutput || !ok || len(failed.said) != maxOutput {
		t.Errorf("%d bytes are kept of one that fails", len(out))
	}
}
