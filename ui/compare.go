package ui

import (
	"posthouse/proxy/flow"
	"posthouse/ui/comparison"
)

// compare shows two exchanges side by side, the earlier one first.
func (r *rowActions) compare(ids []flow.ID) {
	if len(ids) != 2 {
		return
	}
	comparison.Open(r.compareDeps(), min(ids[0], ids[1]), max(ids[0], ids[1]))
}
