// Package charles reads the sessions that Charles exports as JSON (.chlsj): an array of
// transactions. Its own .chls is Java's serialisation and is not read; Charles converts it.
//
// Charles decodes bodies before it writes them (body.decoded); they are put into their
// Content-Encoding again, without being compressed, so that a body is what its head says.
// Its size is the one that passed. Heads have the first line where the file has it.
package charles

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func init() { archive.Register(archive.Charles, archive.Codec{Open: Open}) }

// Reader reads transactions in the order of the file.
type Reader struct {
	limits archive.Limits
	guard  *guard
	json   *json.Decoder
	began  bool
	n      int
	err    error
}

// Open begins to read.
func Open(r io.ReaderAt, size int64, limits archive.Limits) (archive.Reader, error) {
	limits = limits.Filled()
	in := bufio.NewReaderSize(limits.Unpacking(io.NewSectionReader(r, 0, size)), 64<<10)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
	}
	// A body in base64 takes four bytes for three.
	g := &guard{r: in, most: limits.Body/3*4 + 4, depth: limits.Depth, element: 3*(limits.Body/3*4+4) + 2*limits.Head}
	return &Reader{limits: limits, guard: g, json: json.NewDecoder(g)}, nil
}

// Next is the next exchange.
func (r *Reader) Next() (*flow.Exchange, error) {
	if r.err == nil && !r.began {
		r.began = true
		token, err := r.json.Token()
		if err != nil {
			r.err = r.broken(err)
		} else if token != json.Delim('[') {
			r.err = r.broken(reason.New(reason.ArchiveNoArray))
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	if !r.json.More() {
		r.err = io.EOF
		if _, err := r.json.Token(); err != nil {
			r.err = r.broken(err)
		}
		return nil, r.err
	}
	if r.n >= r.limits.Entries {
		r.err = r.at(reason.ArchiveMany.With(r.limits.Entries), archive.ErrLimit)
		return nil, r.err
	}
	var t transaction
	err := r.json.Decode(&t)
	var kind *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &kind) { // a value of another type is left out
		r.err = r.broken(err)
		return nil, r.err
	}
	r.n++
	x := t.exchange(r.limits)
	x.ID = flow.ID(r.n)
	return x, nil
}

// broken says what is wrong where the decoder stands.
func (r *Reader) broken(err error) error {
	var ready *archive.BrokenError
	switch {
	case errors.As(err, &ready):
		ready.Entries = r.n
		return ready
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return r.at(reason.ArchiveEnds.With(), err)
	case r.guard.err != nil && r.guard.err != io.EOF:
		return r.guard.err // of the system
	}
	return r.at(reason.ArchiveSyntax.With(reason.Of(err)), err)
}

func (r *Reader) at(why flow.Reason, err error) error {
	return &archive.BrokenError{Offset: r.json.InputOffset(), Entries: r.n, Why: why, Err: err}
}
