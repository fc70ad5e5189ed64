package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"posthouse/proxy/archive"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
)

// saving writes finished exchanges into a file while the proxy runs. It follows the store
// as any reader does: the proxy never waits for the disk, and what left memory before it
// was written is counted. The file comes to its name at the end; until then, and after a
// kill, it lies beside it under a name of its beginning.
type saving struct {
	store  *capture.Store
	log    *slog.Logger
	out    *output
	buffer *bufio.Writer
	w      archive.Writer
	masker *redact.Masker

	stop chan struct{}
	done chan struct{}
	once sync.Once

	cursor capture.Cursor
	err    error // read after done, as what follows is
	kept   int
	missed uint64 // rows that had left memory
	bodies int    // bodies that had left memory, were cut, or not recorded
}

// openSaving begins; without a file there is nothing to do, and it is nil.
func (o *options) openSaving(stdout io.Writer, store *capture.Store, log *slog.Logger) (*saving, error) {
	if o.save == "" {
		return nil, nil
	}
	format, err := writable(o.save, archive.Unknown)
	if err != nil {
		return nil, err
	}
	out, err := createOutput(o.save, false, stdout)
	if err != nil {
		return nil, fmt.Errorf("-save: %w", err)
	}
	out.keep = true // it cannot be recorded again
	s := &saving{store: store, log: log, out: out, stop: make(chan struct{}), done: make(chan struct{})}
	s.buffer = bufio.NewWriterSize(out, 256<<10)
	if s.w, err = archive.Create(format, s.buffer); err != nil {
		out.discard()
		return nil, err
	}
	if o.secrets == secretsMask || o.secrets == "" && format == archive.HAR {
		s.masker = redact.New(redact.Options{})
	}
	go s.run()
	return s, nil
}

func (s *saving) run() {
	defer close(s.done)
	watch := s.store.Watch()
	defer watch.Close()
	for last := false; !last; {
		select {
		case <-watch.C:
		case <-s.stop:
			last = true
		}
		if s.err = s.write(); s.err != nil {
			s.log.Error("the session can no longer be saved", "error", s.err)
			return
		}
	}
}

// write writes all that finished since the last time.
func (s *saving) write() error {
	for {
		b := s.store.Changes(s.cursor, eventsAtOnce)
		s.cursor = b.Next
		s.missed += b.Missed
		for i := range b.Rows {
			if !b.Rows[i].Phase.Final() {
				continue
			}
			x, ok := s.store.Get(b.Rows[i].ID)
			if !ok {
				s.missed++
				continue
			}
			if err := s.add(&x); err != nil {
				return err
			}
		}
		if !b.More {
			return nil
		}
	}
}

func (s *saving) add(x *flow.Exchange) error {
	for _, b := range x.Bodies() {
		if b.State == flow.BodyEvicted || b.State == flow.BodyCut || b.State == flow.BodyNotRecorded {
			s.bodies++
		}
	}
	if s.masker != nil {
		masked, _ := s.masker.Exchange(x)
		x = &masked
	}
	s.kept++
	return s.w.Write(x)
}

// close writes what finished last and puts the file into its place. It is for when the
// proxy has ended.
func (s *saving) close() error {
	if s == nil {
		return nil
	}
	s.once.Do(func() { close(s.stop) })
	<-s.done
	if s.err == nil {
		s.err = errors.Join(s.w.Close(), s.buffer.Flush())
	}
	if s.err != nil {
		return fmt.Errorf("the session was not saved: %w", s.out.giveUp(s.err))
	}
	if err := s.out.commit(); err != nil {
		return fmt.Errorf("the session was not saved: %w", err)
	}
	said := []any{"exchanges", s.kept}
	if s.missed > 0 {
		said = append(said, "not kept, because they had left memory", s.missed)
	}
	if s.bodies > 0 {
		said = append(said, "bodies not kept whole", s.bodies)
	}
	if s.masker != nil {
		said = append(said, "secrets masked", s.masker.Secrets())
	}
	s.log.Info("the session was saved", said...)
	return nil
}
