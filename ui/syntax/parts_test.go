package syntax

import (
	"strings"
	"testing"
)

// A sign that begins no markup makes no separate part: parts cost memory.
func TestSignsThatAreTextAreOnePart(t *testing.T) {
	text := "<p>" + strings.Repeat("<", 1000) + " </ 1 <2</p>"
	tr := newTree(HTML, text)
	for tr.at < len(text) {
		tr.grow()
	}
	if len(tr.parts) != 3 {
		t.Errorf("%d parts", len(tr.parts))
	}
	if got, err := Beautify(t.Context(), HTML, text); err != nil || got != text {
		t.Errorf("%q, %v", got, err)
	}
}
