package filetypes

import (
	"slices"
	"strconv"
	"testing"
)

// What is handed over while nobody takes it is kept up to a bound, and told once.
func TestHandedFilesAreKept(t *testing.T) {
	h := newHanded()
	var want []string
	for i := range maxHanded + 10 {
		path := "/" + strconv.Itoa(i)
		want = append(want, path)
		h.put([]string{path})
	}
	h.put(want)
	<-h.more
	if got := h.take(); !slices.Equal(got, want[:maxHanded]) {
		t.Errorf("%d are there: %q", len(got), got)
	}
	select {
	case <-h.more:
		t.Error("it was told twice")
	default:
	}
	h.put([]string{"/again"})
	<-h.more
	if got := h.take(); !slices.Equal(got, []string{"/again"}) || len(h.take()) != 0 {
		t.Errorf("%q", got)
	}
}
