package query_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
)

func TestExpressionFindsAllPlaces(t *testing.T) {
	find := func(source, text string, limit int) (all []string, stopped bool) {
		t.Helper()
		e, bad := query.CompileExpression(source)
		if bad != nil {
			t.Fatal(bad)
		}
		stopped = e.All(t.Context(), text, func(from, to int) bool {
			if len(all) == limit {
				return false
			}
			all = append(all, text[from:to])
			return true
		})
		return all, stopped
	}
	for source, want := range map[string][]string{
		`\d+`: {"12", "3"}, `^b.`: {"b3"}, `A`: {"a"}, `(?-i)A`: nil, `x*`: nil, `2$`: {"2"}, `/`: {"/"}, `[中文]+`: {"中文"},
	} {
		if got, stopped := find(source, "a12\nb3\n中文/", 10); !slices.Equal(got, want) || stopped {
			t.Errorf("%s: %q", source, got)
		}
	}
	long := strings.Repeat("one line with word7 in it\n", 20_000)
	if got, stopped := find(`word\d`, long, 1_000_000); len(got) != 20_000 || stopped {
		t.Errorf("%d places", len(got))
	}
	if got, stopped := find(`word\d`, long, 10); len(got) != 10 || !stopped {
		t.Errorf("%d places, stopped: %v", len(got), stopped)
	}
	if got, _ := find(`中+x`, strings.Repeat("中", 1<<19)+"x", 10); len(got) != 1 {
		t.Errorf("%d places in one long line", len(got))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	e, _ := query.CompileExpression("x")
	e.All(ended, "x", func(int, int) bool { t.Error("it goes on"); return false })
	if _, bad := query.CompileExpression("a("); bad == nil || bad.Code != "regexp.paren" {
		t.Errorf("%v", bad)
	}
}
