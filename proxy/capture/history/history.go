// Package history is the disk tier: a reader of the event stream that writes behind,
// and session files.
package history

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// Options says where a history lies and how much it may hold.
type Options struct {
	Folder string        // made with 0700 where it is missing
	Budget int64         // bytes of all files; 0 is 1 GiB, the least 4 MiB
	MaxAge time.Duration // of what is kept; 0 is no limit
	Log    *slog.Logger  // nil for none
}

// History is the disk tier.
type History struct {
	changed signal.Hub
}

// Open opens a history or begins one.
func Open(o Options) (*History, error) { return nil, errors.ErrUnsupported }

// Close writes what is pending and ends all goroutines.
func (h *History) Close() error { return errors.ErrUnsupported }

// Follow begins to write behind what the store records. It may be called once.
func (h *History) Follow(s *capture.Store) {}

// LastID is the highest ID that was ever given to what lies here.
func (h *History) LastID() flow.ID { return 0 }

// Row returns a row; false if it is not here.
func (h *History) Row(id flow.ID) (flow.Row, bool) { return flow.Row{}, false }

// Rows returns at most max rows from first on, by rising ID.
func (h *History) Rows(first flow.ID, max int) []flow.Row { return nil }

// Each visits all rows by rising ID. The row is visit's until it returns.
func (h *History) Each(visit func(*flow.Row)) {}

// Get reads all that is kept of an exchange.
func (h *History) Get(id flow.ID) (flow.Exchange, error) {
	return flow.Exchange{}, errors.ErrUnsupported
}

// Annotate keeps what a person said about a row.
func (h *History) Annotate(id flow.ID, a flow.Annotation) error { return errors.ErrUnsupported }

// Delete removes rows, marked or not.
func (h *History) Delete(ids ...flow.ID) error { return errors.ErrUnsupported }

// Discard removes all that is not marked.
func (h *History) Discard() error { return errors.ErrUnsupported }

// SetLimits changes what Options said.
func (h *History) SetLimits(budget int64, maxAge time.Duration) {}

// SetPrivate switches a stretch on or off of which nothing is written that begins in it.
func (h *History) SetPrivate(on bool) {}

// Watch tells when Stats, rows or Removed may have changed.
func (h *History) Watch() *signal.Watcher { return h.changed.Watch() }

// FirstID is the lowest ID that is here; 0 for none.
func (h *History) FirstID() flow.ID { return 0 }

// Removed lists what left the disk since the cursor, whose zero value is Open. All says
// that the cursor is too old to be told: read again what is listed.
func (h *History) Removed(cursor uint64) (ranges []Range, next uint64, all bool) {
	return nil, 0, false
}

// Range is the IDs from First to Last, both included.
type Range struct{ First, Last flow.ID }

// Shedding says how much is left out because the disk does not keep up.
type Shedding uint8

const (
	ShedNothing     Shedding = iota
	ShedCompression          // weaker compression, no filters for the search
	ShedLarge                // no bodies over 64 KiB
	ShedBodies               // rows and heads alone
)

// Stats are totals of a history.
type Stats struct {
	Rows      uint64      // that are here
	Marked    uint64      // of them, with a star, a colour or a note
	Bytes     int64       // of all files
	Budget    int64       // bytes
	Oldest    time.Time   // when the oldest began; zero for none
	Lag       float64     // what is not yet written, as a share of the store's budget
	Shedding  Shedding    // what is left out because of it
	NotOnDisk NotOnDisk   // since Open
	Private   bool        // what begins now is not written
	Indexing  bool        // the index is being made from the segments: rows appear as it goes
	Problem   flow.Reason // what is wrong; zero for nothing
}

// NotOnDisk counts exchanges that are not on the disk, by why.
type NotOnDisk struct {
	Private uint64 // began while private was on
	Early   uint64 // had left memory before Follow
	Late    uint64 // left memory before they could be written
	Failed  uint64 // writing failed, or was not possible
	Bodies  uint64 // are there, but bodies of theirs were shed or had left memory
}

// Scanned says what a scan looked at.
type Scanned struct {
	Blocks     int   // in all
	Skipped    int   // that the filter ruled out
	Unreadable int   // that are damaged or gone
	Exchanges  int   // that were visited
	NoBody     int   // of them, with a body that is not here, or not whole
	Bytes      int64 // of raw text that was visited
	Done       bool  // all was looked at; else it was stopped
}

// ScanBlocks visits exchanges, newest blocks first, in all blocks that may hold every one of
// the literals, which are case-folded. Visit runs on up to two goroutines at the same time;
// what it gets is its own. It ends when visit returns false or ctx ends.
func (h *History) ScanBlocks(ctx context.Context, literals []string, visit func(*flow.Exchange) bool) (Scanned, error) {
	return Scanned{}, errors.ErrUnsupported
}

// Stats returns the totals.
func (h *History) Stats() Stats { return Stats{} }

// SessionWriter writes a session file as a stream.
type SessionWriter struct{}

// NewSessionWriter begins a session file.
func NewSessionWriter(w io.Writer) *SessionWriter { return &SessionWriter{} }

// Write adds an exchange.
func (s *SessionWriter) Write(x *flow.Exchange) error { return errors.ErrUnsupported }

// Close writes the end. It does not close the io.Writer.
func (s *SessionWriter) Close() error { return errors.ErrUnsupported }

// Session is an opened session file.
type Session struct{}

// OpenSession opens a session file by its end. Where r is an io.WriterAt too, Annotate
// appends to it.
func OpenSession(r io.ReaderAt, size int64) (*Session, error) { return nil, errors.ErrUnsupported }

// Row returns a row; false if it is not here.
func (s *Session) Row(id flow.ID) (flow.Row, bool) { return flow.Row{}, false }

// Rows returns at most max rows from first on, by rising ID.
func (s *Session) Rows(first flow.ID, max int) []flow.Row { return nil }

// Each visits all rows in the order of the file.
func (s *Session) Each(visit func(*flow.Row)) {}

// Get reads an exchange.
func (s *Session) Get(id flow.ID) (flow.Exchange, error) {
	return flow.Exchange{}, errors.ErrUnsupported
}

// Annotate keeps what a person said about a row.
func (s *Session) Annotate(id flow.ID, a flow.Annotation) error { return errors.ErrUnsupported }

// ScanBlocks is as that of History.
func (s *Session) ScanBlocks(ctx context.Context, literals []string, visit func(*flow.Exchange) bool) (Scanned, error) {
	return Scanned{}, errors.ErrUnsupported
}
