package sessions

import (
	"path/filepath"
	"slices"
	"testing"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

// Exchanges of a HAR get other numbers, and what was made of another still says of which.
func TestResentExchangesOfAHARLeadToTheirOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.har")
	all := func(yield func(*flow.Exchange) bool) {
		for _, from := range [][2]flow.ID{{5, 0}, {7, 2}, {9, 5}, {11, 13}, {13, 9}} { // 2 is not in the file, and 13 comes later
			x := exchange(from[0], 10)
			x.Own, x.From = from[1] != 0, from[1]
			if !yield(x) {
				return
			}
		}
	}
	if _, err := (Saving{Format: archive.HAR, Exchanges: all, Count: 5}).Save(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	var got [][2]flow.ID
	opened(t, t.TempDir(), path).Exchanges.Each(func(r *flow.Row) { got = append(got, [2]flow.ID{r.ID, r.From}) })
	if want := [][2]flow.ID{{5, 3}, {4, 0}, {3, 1}, {2, 0}, {1, 0}}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}
