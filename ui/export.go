package ui

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"posthouse/proxy/archive/har"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/share"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// outgoing are the exchanges that an export is of: those selected where there are several, else
// all that the list shows.
func outgoing(w *Window) []flow.ID {
	if ids := w.list.Selection(); len(ids) > 1 {
		return slices.Clone(ids)
	}
	var shown feed.Shown
	w.model.CopyShown(&shown)
	ids := make([]flow.ID, shown.Len())
	for i := range ids {
		ids[i] = shown.At(i)
	}
	return ids
}

func (s *services) shareDeps() share.Deps {
	return share.Deps{Window: s.win, Open: s.open, Do: s.do, Work: s.work, Context: s.ctx, Inform: s.inform}
}

// exchanges are those of IDs that are still there. It is called beside the UI goroutine.
func (s *services) exchanges(ctx context.Context, ids []flow.ID) iter.Seq[*flow.Exchange] {
	from := s.inSight.Load()
	return func(yield func(*flow.Exchange) bool) {
		for _, id := range ids {
			if ctx.Err() != nil {
				return
			}
			if x, ok := from.Get(id); ok && !yield(&x) {
				return
			}
		}
	}
}

// exportHAR writes exchanges as HAR, after a sheet that says what goes out.
func (s *services) exportHAR(ids []flow.ID) {
	what := share.What{Count: len(ids), Names: s.controller.Settings().Share.Secrets,
		Each: func(ctx context.Context) iter.Seq[*flow.Exchange] { return s.exchanges(ctx, ids) }}
	share.Ask(s.shareDeps(), what, func(masker *redact.Masker) {
		uiwidget.AskPath(s.win, s.open, "posthouse.har", func(path string, err error) {
			if err != nil {
				s.inform("Posthouse", i18n.T("share.failed", err.Error()))
				return
			}
			s.writeHAR(path, ids, masker)
		})
	})
}

func (s *services) writeHAR(path string, ids []flow.ID, masker *redact.Masker) {
	written := 0
	write := func(ctx context.Context, w io.Writer, progress func(float64)) (err error) {
		written, err = s.streamHAR(ctx, w, ids, masker, progress)
		return err
	}
	share.Write(s.shareDeps(), path, write, func(err error) {
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			s.inform("Posthouse", i18n.T("share.failed", err.Error()))
		case written < len(ids):
			s.inform("Posthouse", i18n.T("share.gone", words.CountText(written), words.CountText(len(ids)-written)))
		}
	})
}

// streamHAR writes one exchange after the other; it is called beside the UI goroutine.
func (s *services) streamHAR(ctx context.Context, w io.Writer, ids []flow.ID, masker *redact.Masker,
	progress func(float64)) (written int, err error) {
	out := har.NewWriter(w)
	for x := range s.exchanges(ctx, ids) {
		if masker != nil {
			masked, _ := masker.Exchange(x)
			x = &masked
		}
		if err := out.Write(x); err != nil {
			return written, err
		}
		written++
		progress(float64(written) / float64(len(ids)))
	}
	if masker != nil {
		out.Comment = "Secrets were masked before this was written. It may still hold some."
	}
	return written, out.Close()
}
