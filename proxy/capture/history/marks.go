package history

import (
	"errors"
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
	row, here := h.Row(id)
	if !here {
		return ErrNotHere
	}
	b := appendNote(nil, id, a)
	var err error
	if a != (flow.Annotation{}) { // taking one off makes room
		_ = settler{h.index}.annotate(id, a) // before, for the room that is made might be its own
		err = w.makeRoom(int64(frameHeadSize + len(b)))
	}
	if err == nil {
		err = w.appendNotes(storedFrame(frameNotes, 1, b))
	}
	if err != nil {
		w.behind = settler{h.index}.annotate(id, row.Annotation) != nil || w.behind
		h.pages.forgetID(id)
		return err
	}
	h.mu.Lock()
	w.noted.marks[id] = a
	w.tight = w.tight && a != (flow.Annotation{})
	if k, nth := h.find(id); k != nil {
		k.annotate(nth, a)
	}
	h.mu.Unlock()
	err = settler{h.index}.annotate(id, a)
	w.behind = w.behind || err != nil
	h.pages.forgetID(id)
	w.tidyNotes()
	return err
}

func (w *writer) appendNotes(frame []byte) error {
	if w.notes == nil {
		var err error
		if w.notes, err = openGrowing(w.h.folder, notesFile, fileNotes, 0); err != nil {
			return err
		}
	}
	if err := w.notes.append(frame); err != nil {
		return err
	}
	return w.notes.file.Sync()
}

// purgeNotes writes the notes anew where they have some of what was deleted.
func (w remover) purgeNotes(ids []flow.ID) error {
	h, had := w.h, false
	h.mu.Lock()
	for _, id := range ids {
		if _, is := w.noted.marks[id]; is {
			delete(w.noted.marks, id)
			had = true
		}
	}
	h.mu.Unlock()
	if !had {
		return nil
	}
	var err error
	w.notes, err = replaced(w.notes, h.folder, notesFile, fileNotes, w.noted.frames())
	return err
}

// Delete removes rows, marked or not. What is in no segment yet leaves the disk at once; other
// bytes leave it with their segment, or together with its last row.
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
	h.removed.add(ranges)
	h.mu.Unlock()
	purged := errors.Join(w.purge(ranges), remover{w}.purgeNotes(ids))
	was := map[flow.ID]location{}
	of, err := settler{h.index}.delete(ids, was)
	if err == nil {
		remover{w}.remember(ids, was)
	}
	w.behind = w.behind || err != nil
	w.untidy, w.tight = true, false
	h.pages.reset()
	w.tidyNotes()
	if err == nil {
		err = w.deleted(of)
	}
	return errors.Join(purged, err, remover{w}.scrub())
}

// tidyAtOnce is up to how many rows the index is tidied with each deletion: all are looked at.
const tidyAtOnce = 1 << 16

// scrub has what was deleted leave the file of the index, too. Texts that many rows have alike
// stay until it is tidied.
func (w remover) scrub() error {
	h := w.h
	h.mu.Lock()
	few := h.state.Rows < tidyAtOnce
	h.mu.Unlock()
	var err error
	if few {
		err = w.tidy()
	}
	err = errors.Join(err, h.index.checkpoint())
	w.count()
	h.changed.Set()
	return err
}

// tidy tidies the index if something was deleted.
func (w *writer) tidy() error {
	if !w.untidy {
		return nil
	}
	w.untidy = false
	return w.h.index.tidy()
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
