package archive

import (
	"testing"

	"posthouse/proxy/flow"
)

// However many there are, the numbers of the last are known, and not those of all.
func TestNumbersAreBounded(t *testing.T) {
	var n Numbers
	for id := flow.ID(1); id <= 5*keptNumbers+1; id++ {
		n.Add(2*id, id)
		if len(n.newer)+len(n.older) > 2*keptNumbers {
			t.Fatal(len(n.newer), len(n.older))
		}
	}
	last := flow.ID(5*keptNumbers + 1)
	if n.Now(2*last) != last || n.Now(2*(last-keptNumbers)) != last-keptNumbers || n.Now(2) != 0 || n.Now(0) != 0 {
		t.Error(n.Now(2*last), n.Now(2*(last-keptNumbers)), n.Now(2))
	}
}
