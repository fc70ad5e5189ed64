package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

const (
	eventsAtOnce = 1024                  // rows read from the store in one go
	eventsPause  = 20 * time.Millisecond // between reads, so that batches are large
	eventsBuffer = 64 << 10              // bytes of one write
	eventsLimit  = 5 * time.Second       // for the last ones to be taken at the end
)

// events writes a line for each finished exchange. It follows the store as any
// reader does: when the lines are not taken as fast as exchanges end, the proxy
// goes on, and a line says how many were left out.
type events struct {
	store *capture.Store
	log   *slog.Logger
	out   io.Writer
	file  *os.File // nil: out is not ours to close
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once
	err   error // read after done

	cursor capture.Cursor
	buf    []byte
}

func openEvents(where string, stdout io.Writer, store *capture.Store, log *slog.Logger) (*events, error) {
	e := &events{store: store, log: log, stop: make(chan struct{}), done: make(chan struct{})}
	switch where {
	case "none":
		close(e.done)
		return e, nil
	case "-":
		e.out = stdout
	default:
		f, err := os.OpenFile(where, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, fmt.Errorf("events cannot be written: %w", err)
		}
		e.out, e.file = f, f
	}
	go e.run()
	return e, nil
}

func (e *events) run() {
	defer close(e.done)
	watch := e.store.Watch()
	defer watch.Close()
	defer func() {
		if e.err != nil {
			e.log.Error(e.err.Error())
		}
	}()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		last := false
		select {
		case <-watch.C:
		case <-e.stop:
			last = true
		}
		if e.err = e.write(); e.err != nil || last {
			return
		}
		pause.Reset(eventsPause)
		select {
		case <-pause.C:
		case <-e.stop:
			e.err = e.write()
			return
		}
	}
}

// write writes all that finished since the last time.
func (e *events) write() error {
	for {
		b := e.store.Changes(e.cursor, eventsAtOnce)
		e.cursor = b.Next
		if b.Missed > 0 {
			e.buf = appendMissed(e.buf, b.Missed)
		}
		for i := range b.Rows {
			if !b.Rows[i].Phase.Final() {
				continue
			}
			e.buf = appendEvent(e.buf, &b.Rows[i])
			if len(e.buf) >= eventsBuffer {
				if err := e.flush(); err != nil {
					return err
				}
			}
		}
		if b.More {
			continue
		}
		return e.flush()
	}
}

func (e *events) flush() error {
	if len(e.buf) == 0 {
		return nil
	}
	_, err := e.out.Write(e.buf)
	e.buf = e.buf[:0]
	if err != nil {
		return fmt.Errorf("events can no longer be written: %w", err)
	}
	return nil
}

// close writes the last lines.
func (e *events) close() error {
	e.once.Do(func() { close(e.stop) })
	late := time.NewTimer(eventsLimit)
	defer late.Stop()
	select {
	case <-e.done:
	case <-late.C:
		return fmt.Errorf("the last events were not taken within %v", eventsLimit)
	}
	if e.file != nil {
		if err := e.file.Close(); err != nil && e.err == nil {
			return fmt.Errorf("events cannot be written: %w", err)
		}
	}
	return e.err
}

var kindNames = [...]string{flow.KindHTTP: "http", flow.KindTunnel: "tunnel", flow.KindUpgraded: "upgraded", flow.KindLocal: "local"}
