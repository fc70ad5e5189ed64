package ui

import (
	"context"
	"errors"
	"iter"
	"slices"

	"posthouse/app/sessions"
	"posthouse/proxy/archive"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
	"posthouse/ui/feed"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/share"
	"posthouse/ui/words"
)

// exports write what the list has into files. They belong to the UI goroutine.
type exports struct{ w *Window }

// exportable reports whether there is anything to write.
func (e exports) exportable() bool { return e.w.last.Total > 0 }

// choices are the parts of the list that can go out, and which is meant at first: those selected where
// there are several, else what is shown.
func (e exports) choices() (all []share.Choice, first int) {
	var shown feed.Shown
	e.w.model.CopyShown(&shown)
	ids := make([]flow.ID, shown.Len())
	for i := range ids {
		ids[i] = shown.At(i)
	}
	filtered := len(ids) < e.w.last.Total
	if filtered {
		all = append(all, e.everything())
	}
	if len(ids) > 0 {
		name := "share.all"
		if filtered {
			name, first = "share.shown", 1
		}
		all = append(all, e.of(name, ids))
	}
	if selected := e.w.list.Selection(); len(selected) > 0 {
		if len(selected) > 1 {
			first = len(all)
		}
		all = append(all, e.of("share.selected", slices.Clone(selected)))
	}
	return all, first
}

// of is a choice of some exchanges.
func (e exports) of(name string, ids []flow.ID) share.Choice {
	tiers := e.w.tiers // of the tab in sight now
	return share.Choice{Name: name, Count: len(ids),
		Each: func(ctx context.Context) iter.Seq[*flow.Exchange] { return exchanges(ctx, tiers, ids) }}
}

// everything is all that the tab in sight has, in the order in which it began.
func (e exports) everything() share.Choice {
	tiers := e.w.tiers
	each := func(ctx context.Context) iter.Seq[*flow.Exchange] {
		return func(yield func(*flow.Exchange) bool) {
			exchanges(ctx, tiers, allOf(ctx, tiers))(yield)
		}
	}
	return share.Choice{Name: "share.all", Count: e.w.last.Total, Each: each}
}

func (s *services) shareDeps() share.Deps {
	return share.Deps{Window: s.win, Open: s.open, Do: s.do, Work: s.work, Context: s.ctx, Inform: s.inform}
}

// allOf is the IDs of all rows, by rising ID. It waits for the disk, until ctx ends.
func allOf(ctx context.Context, tiers *history.Tiers) (ids []flow.ID) {
	tiers.EachInMemory(func(r *flow.Row) { ids = append(ids, r.ID) })
	below := ^flow.ID(0)
	for below > 0 && ctx.Err() == nil {
		var rows []flow.Row
		rows, below = tiers.Older(below)
		for i := range rows {
			ids = append(ids, rows[i].ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// exchanges are those of IDs that are still there. It may wait for the disk.
func exchanges(ctx context.Context, tiers *history.Tiers, ids []flow.ID) iter.Seq[*flow.Exchange] {
	return func(yield func(*flow.Exchange) bool) {
		for _, id := range ids {
			if ctx.Err() != nil {
				return
			}
			if x, ok := tiers.Get(id); ok && !yield(&x) {
				return
			}
		}
	}
}

// export asks which part of the list goes out, and does that.
func (e exports) export(format archive.Format) {
	choices, first := e.choices()
	e.ask(format, choices, first, func() {})
}

// ask asks how it goes out and where to, writes it, and goes on with then.
func (e exports) ask(format archive.Format, choices []share.Choice, first int, then func()) {
	title := i18n.T("share.title." + format.String())
	what := share.What{Title: title, Choices: choices, First: first, Names: e.w.controller.Settings().Share.Secrets}
	share.Ask(e.w.shareDeps(), what, func(choice share.Choice, masker *redact.Masker) {
		kind := kindOf(format)
		e.w.files.Save(filedialog.Options{Title: title, Name: "posthouse." + kind.Extensions[0],
			Kinds: []filedialog.Kind{kind}}, func(path string) { e.write(path, format, choice, masker, then) })
	})
}

// kindOf is the files of a format that is written.
func kindOf(f archive.Format) filedialog.Kind {
	return filedialog.Kind{Name: i18n.T("choose." + f.String()), Extensions: f.Extensions()[:1]}
}

// write writes a file, with a progress that can be cancelled, and goes on with then where it is there.
func (e exports) write(path string, format archive.Format, choice share.Choice, masker *redact.Masker, then func()) {
	written := 0
	title := i18n.T("share.writing", words.FileName(path))
	share.Run(e.w.shareDeps(), title, func(ctx context.Context, progress func(float64)) (err error) {
		saving := sessions.Saving{Format: format, Exchanges: choice.Each(ctx), Count: choice.Count, Masker: masker}
		written, err = saving.Save(ctx, path, progress)
		return err
	}, func(err error) {
		var left *sessions.LeftOutError
		switch {
		case errors.Is(err, context.Canceled):
			return
		case errors.As(err, &left):
			e.w.inform("Posthouse", i18n.N("share.large", left.Exchanges, words.CountText(left.Exchanges), words.CountText(written)))
		case err != nil:
			e.w.inform("Posthouse", words.UnwrittenText(path, err))
			return
		case written < choice.Count:
			e.w.inform("Posthouse", i18n.N("share.gone", written, words.CountText(written), words.CountText(choice.Count-written)))
		}
		if format == archive.Session {
			e.w.opening.remember(path)
		}
		then()
	})
}
