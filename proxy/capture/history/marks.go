package history

import (
	"slices"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
)

// Annotate keeps what a person said about a row.
func (h *History) Annotate(id flow.ID, a flow.Annotation) error {
	return h.do(func() error {
		err := h.writer.annotate(id, a)
		if err != ErrNotHere {
			h.writer.wrote(err)
		}
		return err
	})
}

func cutNote(note string) string {
	note = strings.ToValidUTF8(note, "\ufffd")
	if len(note) <= flow.MaxNote {
		return note
	}
	n := flow.MaxNote
	for n > 0 && !utf8.RuneStart(note[n]) {
		n--
	}
	return note[:n]
}

// annotate is the writer's.
func (w *writer) annotate(id flow.ID, a flow.Annotation) error {
	h := w.h
	a = cleanAnnotation(a)
	if _, here := h.Row(id); !here {
		return ErrNotHere
	}
	b := appendNote(nil, id, a)
	if err := w.makeRoom(int64(frameHeadSize + len(b))); err != nil {
		return err
	}
	if err := w.appendNotes(storedFrame(frameNotes, 1, b)); err != nil {
		return err
	}
	h.mu.Lock()
	w.noted.marks[id] = a
	if at, ok := h.where[id]; ok {
		at.block.rows[at.nth].Annotation = a
	}
	h.mu.Unlock()
	err := h.index.annotate(id, a)
	h.pages.forgetID(id)
	return err
}

func (w *writer) appendNotes(frame []byte) error {
	n := w.notes
	if err := n.append(frame); err != nil {
		return err
	}
	return n.file.Sync()
}

// Delete removes rows, marked or not. Their bytes leave the disk with their segment, or
// together with its last row.
func (h *History) Delete(ids ...flow.ID) error {
	return h.do(func() error {
		err := h.writer.delete(ids)
		h.writer.wrote(err)
		return err
	})
}

// delete is the writer's.
func (w *writer) delete(ids []flow.ID) error {
	h := w.h
	if len(ids) == 0 {
		return nil
	}
	ranges := rangesOf(ids)
	for some := range slices.Chunk(ranges, 4096) {
		if err := w.appendNotes(storedFrame(frameDeleted, len(some), appendRanges(nil, some))); err != nil {
			return err
		}
	}
	h.mu.Lock()
	w.noted.deleted = join(append(w.noted.deleted, ranges...))
	for _, id := range ids {
		if at, ok := h.where[id]; ok {
			at.block.rows[at.nth] = flow.Row{}
			at.block.live--
			delete(h.where, id)
		}
	}
	h.removed.add(ranges)
	h.mu.Unlock()
	of, err := h.index.delete(ids)
	h.pages.reset()
	if err != nil {
		return err
	}
	return w.deleted(of)
}

// deleted counts rows down and removes segments that have none left.
func (w *writer) deleted(of map[uint64]uint64) error {
	h := w.h
	h.mu.Lock()
	var empty []*segment
	for _, g := range h.segments {
		if n := of[g.number]; n > 0 {
			if g.rows -= min(n, g.rows); g.rows == 0 && g.indexed == g.size {
				empty = append(empty, g)
			}
		}
	}
	h.mu.Unlock()
	for _, g := range empty {
		if err := w.drop(g); err != nil {
			return err
		}
	}
	w.count()
	h.changed.Set()
	return nil
}
