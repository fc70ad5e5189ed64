package history

import (
	"context"
	"errors"
	"io"
	"time"

	"posthouse/proxy/flow"
)

// syncEvery is how often what was said is brought to the disk while more is said: thousands of
// rows may be marked together.
const syncEvery = time.Second

// Writable reports whether Annotate can append to the file.
func (s *Session) Writable() bool {
	_, ok := s.r.(io.WriterAt)
	return ok
}

// Annotate keeps what a person said about a row, at the end of the file. What is there already is
// not changed, so that a kill loses this alone.
func (s *Session) Annotate(id flow.ID, a flow.Annotation) error {
	if !s.readers.enter() {
		return ErrNotHere
	}
	defer s.readers.leave()
	defer s.changed.Set()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.find(id); !ok {
		return ErrNotHere
	}
	w, ok := s.r.(io.WriterAt)
	if !ok {
		return errors.ErrUnsupported
	}
	a = cleanAnnotation(a)
	b := append(storedFrame(frameNotes, 1, appendNote(nil, id, a)), sessionEnd(s.trailer)...)
	if _, err := w.WriteAt(b, s.size); err != nil {
		return err
	}
	s.size += int64(len(b))
	s.noted.marks[id] = a
	s.unkept.forget(id)
	if time.Since(s.synced) < syncEvery {
		return nil
	}
	return s.sync()
}

// sync needs mu.
func (s *Session) sync() error {
	s.synced = time.Now()
	if f, ok := s.r.(interface{ Sync() error }); ok {
		return f.Sync()
	}
	return nil
}

// ScanBlocks is as that of History.
func (s *Session) ScanBlocks(ctx context.Context, sets [][]string, visit func(*flow.Exchange) bool) (Scanned, error) {
	if !s.readers.enter() {
		return Scanned{}, ErrNotHere
	}
	defer s.readers.leave()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.readers.ctx, cancel)()
	run := newScan(ctx, sets, func(x *flow.Exchange) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now(x)
		return true
	}, visit)
	s.mu.Lock()
	size := s.size
	if s.trailer > 0 {
		size = s.trailer // behind it are no exchanges
	}
	s.mu.Unlock()
	err := run.file(s.r, size, s.name, nil)
	scanned, err2 := run.end()
	return scanned, errors.Join(err, err2)
}
