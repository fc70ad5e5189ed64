// Package session reads and writes Posthouse's session files (package history) as the
// other formats are: as streams of exchanges.
package session

import (
	"errors"
	"io"

	"posthouse/proxy/archive"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func init() {
	archive.Register(archive.Session, archive.Codec{Open: open, Create: create})
}

func create(w io.Writer) (archive.Writer, error) { return history.NewSessionWriter(w), nil }

// batch is how many rows are looked up in one go.
const batch = 256

// reader goes through the rows by their IDs. What is damaged is passed over, and said at
// the end.
type reader struct {
	s      *history.Session
	limits archive.Limits
	rows   []flow.Row
	next   flow.ID
	n      int
	broken *archive.BrokenError
	err    error
}

// bareReader hides that a file can be written: reading appends nothing.
type bareReader struct{ io.ReaderAt }

func open(r io.ReaderAt, size int64, limits archive.Limits) (archive.Reader, error) {
	s, err := history.OpenSession(bareReader{r}, size)
	var damaged *history.DamagedError
	switch {
	case errors.As(err, &damaged):
		return nil, &archive.BrokenError{Offset: damaged.At, Why: reason.ArchiveSyntax.With(reason.Of(damaged.Err)), Err: err}
	case err != nil:
		return nil, err
	}
	return &reader{s: s, limits: limits.Filled(), next: 1}, nil
}

func (r *reader) Next() (*flow.Exchange, error) {
	for r.err == nil {
		if len(r.rows) == 0 {
			if r.rows = r.s.Rows(r.next, batch); len(r.rows) == 0 {
				r.err = r.end()
				break
			}
			r.next = r.rows[len(r.rows)-1].ID + 1
		}
		id := r.rows[0].ID
		r.rows = r.rows[1:]
		x, err := r.s.Get(id)
		var damaged *history.DamagedError
		switch {
		case errors.As(err, &damaged):
			r.damage(damaged.At, damaged.Err)
		case err != nil:
			r.err = err
		case r.n >= r.limits.Entries:
			r.err = &archive.BrokenError{Offset: -1, Entries: r.n, Why: reason.ArchiveMany.With(r.limits.Entries), Err: archive.ErrLimit}
		default:
			r.n++
			for _, b := range x.Bodies() {
				cut(b, r.limits.Body)
			}
			return &x, nil
		}
	}
	return nil, r.err
}

// damage remembers the first damage.
func (r *reader) damage(at int64, err error) {
	if r.broken == nil {
		r.broken = &archive.BrokenError{Offset: at, Why: reason.ArchiveSyntax.With(reason.Of(err)), Err: err}
	}
}

var errDamaged = reason.New(reason.ArchiveDamaged)

func (r *reader) end() error {
	if places := r.s.Damaged(); len(places) > 0 {
		r.damage(places[0], errDamaged)
	}
	if r.broken == nil {
		return io.EOF
	}
	r.broken.Entries = r.n
	return r.broken
}

func cut(b *flow.Body, limit int64) {
	if int64(len(b.Bytes)) > limit {
		b.Bytes, b.State = b.Bytes[:limit], flow.BodyCut
	}
}
