package ui

import (
	"slices"

	"posthouse/app"
	"posthouse/proxy/flow"
	"posthouse/ui/comparison"
)

// compare shows two exchanges side by side, the earlier one first.
func (r *rowActions) compare(ids []flow.ID) {
	if len(ids) != 2 {
		return
	}
	a, b := min(ids[0], ids[1]), max(ids[0], ids[1])
	comparison.Open(comparison.Deps{
		Window: r.win, Work: r.work, Copy: r.copy, Open: r.open, Save: r.files.Save, Report: r.report,
		Get: func(id flow.ID) (flow.Exchange, bool) { return r.secrets.exchange(r.controller.Exchanges().Get(id)) },
		Ignored: func() comparison.Ignored {
			c := r.marks.memory.Compare
			return comparison.Ignored{Fields: slices.Clone(c.Fields), Paths: slices.Clone(c.Paths)}
		},
		Ignore: func(i comparison.Ignored) {
			r.marks.memory.Compare = app.CompareState{Fields: i.Fields, Paths: i.Paths}
			r.marks.memory.save()
		},
	}, a, b)
}
