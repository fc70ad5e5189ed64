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
	for i := range 5 * MaxPrograms {
		view := g.View(false)
		before := fmt.Sprint(view.Named("a").Programs)
		for range 2 {
			g.Note(slot, &flow.Row{App: "a", AppPath: fmt.Sprint("/", i)})
		}
		if fmt.Sprint(view.Named("a").Programs) != before {
			t.Fatal("a snapshot changes")
		}
	}
	view := g.View(false)
	all := view.Named("a").Programs
	if len(all) != MaxPrograms || all[MaxPrograms-1].Path != fmt.Sprint("/", 5*MaxPrograms-1) {
		t.Errorf("remembered: %v", all)
	}
	g.Note(OtherGroups, &flow.Row{App: "b", AppPath: "/b"})
	if len(g.List[OtherGroups].Programs) != 0 {
		t.Error("names beyond the bounds are remembered")
	}
}
