package rules

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHits(t *testing.T) {
	s := mustLoad(t, example)
	if n, last := s.Rules[0].Hits(); n != 0 || !last.IsZero() {
		t.Error(n, last)
	}
	now := time.Now()
	s.Rules[0].Hit(now)
	if n, last := s.Rules[0].Hits(); n != 1 || !last.Equal(now) {
		t.Error(n, last)
	}
}

// Rules of one name and condition keep each its own count when the file is read again.
func TestHitsAreEachRulesOwn(t *testing.T) {
	const first, second, third = `
[[rule]]
when = "host:api"
mark = "red"
`, `
[[rule]]
when = "host:api"
block = "403"
`, `
[[rule]]
when = "host:api"
note = "three"
`
	before := mustLoad(t, first+second+third)
	for i, c := range before.Rules {
		for range i + 1 {
			c.Hit(time.Now())
		}
	}
	for text, want := range map[string][]uint64{
		first + second + third: {1, 2, 3},
		third + first + second: {3, 1, 2},
		second + third:         {2, 3},
		strings.Replace(first, "red", "blue", 1) + second + third + third: {1, 2, 3, 0},
	} {
		s := mustLoad(t, text)
		s.Inherit(before)
		var got []uint64
		for _, c := range s.Rules {
			n, _ := c.Hits()
			got = append(got, n)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, not %v", text, got, want)
		}
	}
}
