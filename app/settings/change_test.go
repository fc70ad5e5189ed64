package settings_test

import (
	"strings"
	"testing"

	"posthouse/app/settings"
)

func TestMergeList(t *testing.T) {
	for _, c := range []struct{ from, to, list, want string }{
		{"a b", "a b c", "a b", "a b c"},
		{"a b", "b a", "a b", "b a"},
		{"a b", "b", "a b c", "b c"},
		{"a", "a b", "", "b"},
		{"a", "", "b a", "b"},
		{"a", "a B", "a b", "a b"},
		{"", "x", "x", "x"},
	} {
		got := settings.MergeList(strings.Fields(c.from), strings.Fields(c.to), strings.Fields(c.list))
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q to %q on %q: %q", c.from, c.to, c.list, got)
		}
	}
}
