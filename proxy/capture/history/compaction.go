package history

import (
	"posthouse/proxy/flow"
)

// The file of notes grows with each star, and with each that is taken off again. It is written
// anew when it is twice as long as it was then: with what is in force, and without what is said
// of exchanges that are in no file.

const (
	leastCompaction = 64 << 10 // bytes below which the notes are left as they are

	// Deletions and marks of the newest exchanges stay, for these may still be on their way.
	underWay = 1 << 16 // IDs
)

// tidyNotes writes the notes anew if it is time. The old ones are as good where that fails.
func (w *writer) tidyNotes() {
	if err := w.compactNotes(); err != nil {
		w.h.log.Warn("the notes of the history cannot be written anew", "error", err)
	}
}

// compactNotes writes the notes anew if that makes them much shorter.
func (w *writer) compactNotes() error {
	h := w.h
	if w.notes == nil || w.notes.size < max(leastCompaction, 2*w.notesLeast) {
		return nil
	}
	h.mu.Lock()
	if len(h.problems.hurt) == 0 && len(w.backlog)+len(w.stuck) == 0 {
		w.noted.forget(present(h), h.lastID)
	}
	h.mu.Unlock()
	var err error
	w.notes, err = replaced(w.notes, h.folder, notesFile, fileNotes, w.noted.frames())
	if err == nil && w.notes != nil {
		w.notesLeast = w.notes.size
	}
	return err
}

// present is what IDs may be in files, or will be. It needs mu.
func present(h *History) (all []Range) {
	for _, g := range h.segments {
		if g.last > 0 {
			all = append(all, Range{g.first, g.last})
		}
	}
	for _, k := range h.pending {
		if k.last > 0 {
			all = append(all, Range{k.first, k.last})
		}
	}
	if has := h.writer.tail.has; has.Last > 0 {
		all = append(all, has)
	}
	newest := h.lastID - min(h.lastID, underWay)
	return join(append(all, Range{max(newest, h.openID) + 1, 1 << 62}))
}

// forget removes what is said of IDs that are nowhere. The highest is remembered, so that it
// is not given again.
func (n *notes) forget(present []Range, last flow.ID) {
	here := notes{deleted: present}
	highest := flow.ID(0)
	for id := range n.marks {
		if !here.isDeleted(id) {
			delete(n.marks, id)
			highest = max(highest, id)
		}
	}
	kept := n.deleted[:0:0]
	for _, r := range n.deleted {
		if touches(present, r) {
			kept = append(kept, r)
		} else {
			highest = max(highest, r.Last)
		}
	}
	if highest > 0 && highest <= last {
		kept = append(kept, Range{highest, highest})
	}
	n.deleted = join(kept)
}
