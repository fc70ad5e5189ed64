package main

import "testing"

// What was read beside the making of the window is what the toolkit has then.
func TestTheSystemsFontsAreReadOnce(t *testing.T) {
	var fonts fontReader
	fonts.lookUp()
	fonts.reading.Wait()
	first := lookupLangFont("sans-serif", aspect{style: upright})
	if first == 0 {
		t.Skip("no fonts of a system are looked for here")
	}
	if again := lookupLangFont("sans-serif", aspect{style: upright}); again != first {
		t.Error("the toolkit reads a font anew for each question")
	}
}
