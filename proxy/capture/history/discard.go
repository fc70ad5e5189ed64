package history

import (
	"errors"
	"slices"

	"posthouse/proxy/flow"
)

// remover is the writer where it takes away what a person, or the settings, want gone.
type remover struct{ *writer }

// SetUnkept has CloseDiscarding remove what has an ID from one on; with 0 it removes nothing.
// It is remembered, so that after a crash it is known what was not to stay.
func (h *History) SetUnkept(from flow.ID) error {
	h.seal() // no segment has some of both, but for what is under way
	return h.do(func() error { return remover{&h.writer}.setUnkept(from) })
}

func (w remover) setUnkept(from flow.ID) error {
	h := w.h
	if w.noted.unkept == from {
		return nil
	}
	err := w.appendNotes(unkeptFrame(from))
	h.mu.Lock()
	w.noted.unkept = from
	h.mu.Unlock()
	if w.active != nil {
		err = errors.Join(err, w.active.file.Sync(), w.active.close())
		w.active, w.segment = nil, nil
	}
	return err
}

// Unmarked counts what is not marked of a range.
func (h *History) Unmarked(r Range) (n uint64, err error) {
	h.mu.Lock()
	for _, k := range h.pending {
		for nth, id := range k.ids {
			if _, marked := k.noted[nth]; id >= r.First && id <= r.Last && !marked {
				n++
			}
		}
	}
	h.mu.Unlock()
	stored, err := h.index.unmarked(r)
	return n + stored, err
}

// Discard removes all that is not marked.
func (h *History) Discard() error {
	return h.do(func() error { return remover{&h.writer}.discard(0) })
}

// discardUnkept removes what was not to stay, and what comes then is not meant by it.
func (w remover) discardUnkept() error {
	from := w.noted.unkept
	if from == 0 {
		return nil
	}
	if err := w.discard(from); err != nil {
		return err
	}
	return w.setUnkept(0)
}

// discard removes what is not marked and has an ID from one on.
func (w remover) discard(from flow.ID) error {
	h := w.h
	h.mu.Lock()
	var ids []flow.ID
	for _, k := range h.pending {
		for nth, id := range k.ids {
			if _, marked := k.noted[nth]; id >= from && !marked {
				ids = append(ids, id)
			}
		}
	}
	all := slices.Clone(h.segments)
	h.mu.Unlock()
	err := w.delete(ids)
	for _, g := range all {
		if err == nil && g.last >= from && slices.Contains(h.segments, g) {
			err = w.discardOf(g, from)
		}
	}
	return errors.Join(err, h.index.tidy(), h.index.checkpoint())
}

// discardOf does it in a segment.
func (w remover) discardOf(g *segment, from flow.ID) error {
	if !g.kept && g.first >= from {
		return w.drop(g)
	}
	if err := indexer(w).indexAll(g); err != nil {
		return err
	}
	ids, _, err := w.h.index.idsOf(g.number, from, g.last)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(ids, 4096) {
		if err := w.delete(some); err != nil {
			return err
		}
	}
	return nil
}
