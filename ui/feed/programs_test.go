package feed

import (
	"fmt"
	"testing"

	"posthouse/proxy/flow"
)

// However many programs share a name, the last few are remembered.
func TestProgramsOfANameAreBounded(t *testing.T) {
	g := NewGroups(MaxApps)
	slot := g.Join("a")
	for i := range 5 * maxPrograms {
		view := g.View(false)
		before := fmt.Sprint(view.Named("a").Programs)
		for range 2 {
			g.note(slot, &flow.Row{App: "a", AppPath: fmt.Sprint("/", i)})
		}
		if fmt.Sprint(view.Named("a").Programs) != before {
			t.Fatal("a snapshot changes")
		}
	}
	view := g.View(false)
	all := view.Named("a").Programs
	if len(all) != maxPrograms || all[maxPrograms-1].Path != fmt.Sprint("/", 5*maxPrograms-1) {
		t.Errorf("remembered: %v", all)
	}
	g.note(otherGroups, &flow.Row{App: "b", AppPath: "/b"})
	if len(g.list[otherGroups].Programs) != 0 {
		t.Error("names beyond the bounds are remembered")
	}
}
