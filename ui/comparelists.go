package ui

import (
	"context"
	"errors"
	"io"
	"slices"

	"posthouse/app"
	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/flow"
	"posthouse/ui/comparison"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/share"
	"posthouse/ui/words"
)

// comparedLists is what was chosen when two lists were compared last.
type comparedLists struct {
	setup comparison.Setup
	names [2]string // of the lists; "" where none were compared
}

// compareLists opens the room that compares two lists.
func (r *rowActions) compareLists() {
	sources := r.sources()
	setup := r.firstSetup(sources)
	comparison.OpenLists(comparison.ListDeps{
		Deps: r.compareDeps(), Context: r.ctx, Do: r.do, Sources: sources, Setup: setup, Mistake: filterErrorText, Inform: r.inform,
		Leave: func(s comparison.Setup) {
			r.compared = comparedLists{s, [2]string{sources[s.Lists[0]].Name, sources[s.Lists[1]].Name}}
		},
		Secrets: comparison.Secrets{Hidden: r.secrets.hidden(), Row: func(row *flow.Row) flow.Row { return r.secrets.mask(row) },
			Exchange: r.secrets.exchange, Text: r.secrets.text, Size: roughly},
		Save: r.saveComparison,
	})
}

// opened are the lists that there are: what passes now, and the sessions that are open.
func (r *rowActions) opened() []comparison.Source {
	var all []comparison.Source
	for _, t := range r.tabs.all {
		all = append(all, comparison.Source{Name: tabName(t), Exchanges: t.tiers})
	}
	return all
}

// sources are the lists that can be compared: those that are open, what is selected, and, of the
// list in sight, what was before a row that is selected and what came from it on.
func (r *rowActions) sources() []comparison.Source {
	all := r.opened()
	ids, in := slices.Clone(r.selection()), ""
	if len(all) > 1 {
		in = "  " + tabName(r.tab)
	}
	add := func(s comparison.Source) {
		s.Name, s.Exchanges = s.Name+in, r.tiers
		all = append(all, s)
	}
	switch {
	case len(ids) > 1:
		slices.Sort(ids)
		add(comparison.Source{Name: i18n.T("compare.lists.selected", words.CountText(len(ids))), IDs: ids})
	case len(ids) == 1:
		number := words.CountText(uint64(ids[0]))
		add(comparison.Source{Name: i18n.T("compare.lists.before", number), Before: ids[0]})
		add(comparison.Source{Name: i18n.T("compare.lists.from", number), From: ids[0]})
	}
	return all
}

// firstSetup is what was chosen last, as far as it is still there. At first it compares the
// session in sight, else the first one, with what passes now; without a session, two
// stretches of that, which a person goes on to choose.
func (r *rowActions) firstSetup(sources []comparison.Source) comparison.Setup {
	s := comparison.Setup{Filters: [2]string{r.filter.text(), r.filter.text()}}
	if len(r.tabs.all) > 1 {
		s.Lists[0] = max(1, slices.Index(r.tabs.all, r.tab))
	}
	if r.compared.names[0] == "" {
		return s
	}
	s.Filters, s.AnyHost = r.compared.setup.Filters, r.compared.setup.AnyHost
	for i, name := range r.compared.names {
		if at := slices.IndexFunc(sources, func(s comparison.Source) bool { return s.Name == name }); at >= 0 {
			s.Lists[i] = at
		}
	}
	return s
}

// saveComparison asks for a file, and has it written.
func (r *rowActions) saveComparison(name string, write func(context.Context, io.Writer, func(float64)) error) {
	r.files.Save(filedialog.Options{Title: i18n.T("share.title.lists"), Name: name}, func(path string) {
		share.Run(r.shareDeps(), i18n.T("share.writing", words.FileName(path)), func(ctx context.Context, progress func(float64)) error {
			return atomicfile.Options{Direct: true}.Stream(path, func(w io.Writer) error { return write(ctx, w, progress) })
		}, func(err error) {
			if err != nil && !errors.Is(err, context.Canceled) {
				r.inform("Posthouse", words.UnwrittenText(path, err))
			}
		})
	})
}

// compareDeps are what both comparisons need.
func (r *rowActions) compareDeps() comparison.Deps {
	return comparison.Deps{
		Window: r.win, Work: r.work, Copy: r.copy, Open: r.open, Save: r.files.Save, Report: r.report,
		Get: r.getIn(r.tiers),
		Ignored: func() comparison.Ignored {
			c := r.marks.memory.Compare
			return comparison.Ignored{Fields: slices.Clone(c.Fields), Paths: slices.Clone(c.Paths)}
		},
		Ignore: func(i comparison.Ignored) {
			r.marks.memory.Compare = app.CompareState{Fields: i.Fields, Paths: i.Paths}
			r.marks.memory.save()
		},
	}
}
