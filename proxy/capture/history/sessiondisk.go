package history

import (
	"errors"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// ErrSession: the exchanges of a session file stay as they are.
var ErrSession = errors.New("a session file keeps its exchanges")

// SessionTiers makes a list of a session: nothing is in its memory, all is on its disk. It
// reads the places of all rows, which may take a second for a million of them.
func SessionTiers(s *Session) *Tiers {
	t := NewTiers(capture.New(capture.Options{Budget: 1, BodyLimit: -1, RecordingOff: true}))
	s.LastID()
	t.Attach(sessionDisk{s}, Range{})
	return t
}

// sessionDisk is a session as the disk of Tiers. What is said where the file takes nothing
// holds until the session is closed.
type sessionDisk struct{ *Session }

var _ Disk = sessionDisk{}

// Annotate keeps what is said in the file, or else beside it.
func (d sessionDisk) Annotate(id flow.ID, a flow.Annotation) error {
	err := d.Session.Annotate(id, a)
	if err == nil || errors.Is(err, ErrNotHere) {
		return err
	}
	return d.hold(id, a, err)
}

// Removed is none: all rows stay.
func (d sessionDisk) Removed(uint64) (ranges []Range, next uint64, all bool) { return nil, 0, false }

// Watch tells when something was said about rows.
func (d sessionDisk) Watch() *signal.Watcher { return d.changed.Watch() }

// Delete refuses.
func (d sessionDisk) Delete(...flow.ID) error { return ErrSession }

// Discard refuses.
func (d sessionDisk) Discard() error { return ErrSession }

// Has reports whether a row is listed, without reading it.
func (s *Session) Has(id flow.ID) bool {
	if !s.readers.enter() {
		return false
	}
	defer s.readers.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.find(id)
	return ok
}

// FirstID is the lowest ID; 0 for none.
func (s *Session) FirstID() flow.ID { return s.outer(func(all []rowPlace) rowPlace { return all[0] }) }

// LastID is the highest ID; 0 for none.
func (s *Session) LastID() flow.ID {
	return s.outer(func(all []rowPlace) rowPlace { return all[len(all)-1] })
}

func (s *Session) outer(of func([]rowPlace) rowPlace) flow.ID {
	if !s.readers.enter() {
		return 0
	}
	defer s.readers.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	if all := s.list(); len(all) > 0 {
		return of(all).id
	}
	return 0
}

// maxUnkept bounds what is said beside a file, in bytes of notes and 64 for each row.
const maxUnkept = 16 << 20

// unkept is what is said about rows that the file does not have.
type unkept struct {
	ids  map[flow.ID]int // what each takes of maxUnkept
	size int
	err  error // why the last was not kept
}

func (u *unkept) forget(id flow.ID) {
	u.size -= u.ids[id]
	delete(u.ids, id)
}

var errUnkeptFull = errors.New("there is no room for more that the file does not keep")

// hold has what is said hold until the session is closed.
func (s *Session) hold(id flow.ID, a flow.Annotation, why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &s.unkept
	a = cleanAnnotation(a)
	cost := 64 + len(a.Note)
	if u.size-u.ids[id]+cost > maxUnkept {
		return errUnkeptFull
	}
	if u.ids == nil {
		u.ids = map[flow.ID]int{}
	}
	u.forget(id)
	u.ids[id] = cost
	u.size, u.err = u.size+cost, why
	s.noted.marks[id] = a
	return nil
}

// Unkept is why something that was said through Tiers is not in the file; nil if all is.
func (s *Session) Unkept() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.unkept.ids) == 0 {
		return nil
	}
	return s.unkept.err
}

// Close calls off what reads the session and waits for it: the file can be closed then. It
// may be called more than once.
func (s *Session) Close() error {
	if !s.readers.shut() || !s.Writable() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.synced.IsZero() {
		return nil // nothing was appended
	}
	return s.sync()
}
