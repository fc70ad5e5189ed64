// Package mitm reads the flow files of mitmproxy: one typed netstring a flow, with an
// integer for the version of its form. Versions 10 to 21 are known (mitmproxy 7 to 12);
// others are read by the same names, as far as these are there. HTTP flows become
// exchanges, with their WebSocket messages in Foreign; TCP flows become tunnels; flows of
// other kinds (DNS, UDP) are passed over.
//
// mitmproxy keeps no head as it was: heads are made of its fields, which have their order
// and their case. Bodies are as they passed, without framing.
package mitm

import (
	"io"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func init() { archive.Register(archive.Mitmproxy, archive.Codec{Open: Open}) }

// Reader reads flows in the order of the file.
type Reader struct {
	file   file
	limits archive.Limits
	at     int64 // of the next flow
	n      int   // exchanges so far
	err    error
}

// Open begins to read.
func Open(r io.ReaderAt, size int64, limits archive.Limits) (archive.Reader, error) {
	return &Reader{file: file{r: r, size: size}, limits: limits.Filled()}, nil
}

// Next is the next exchange.
func (r *Reader) Next() (*flow.Exchange, error) {
	for r.err == nil {
		if r.at >= r.file.size {
			r.err = io.EOF
			break
		}
		v, after, err := r.file.next(r.at, r.file.size)
		if err == nil && v.kind != '}' {
			err = errSyntax
		}
		if err != nil {
			r.err = broken(err, r.at, r.n)
			break
		}
		at := r.at
		r.at = after
		x := r.exchange(v)
		switch {
		case r.file.err != nil:
			r.err = r.file.err
		case x == nil:
		case r.n >= r.limits.Entries:
			r.err = &archive.BrokenError{Offset: at, Entries: r.n, Why: reason.ArchiveMany.With(r.limits.Entries), Err: archive.ErrLimit}
		default:
			r.n++
			x.ID = flow.ID(r.n)
			return x, nil
		}
	}
	return nil, r.err
}
