package proxy

import (
	"errors"
	"io"

	"posthouse/proxy/rules"
)

// recode changes a coded body while it passes. One that cannot be decoded from its beginning on
// passes as it came.
func (b *bodyRun) recode() error {
	b.kept = true
	r := recoding{b: b}
	err := b.work.Copy(&r, &r, r.rests)
	var bad *rules.CodingError
	switch {
	case r.failed != nil: // whatever was made of it
		if b.kept {
			return errors.Join(b.to.original(b.raw), r.failed)
		}
		return errors.Join(b.to.flush(), r.failed)
	case err == nil && b.kept: // nothing came
		return b.to.original(b.raw)
	case err == nil:
		if err = b.to.flush(); err == nil {
			err = b.to.end()
		}
		return err
	case errors.As(err, &bad) && b.kept:
		b.work.Fail(b.work.Reason(bad.Err))
		if sent := b.to.original(b.raw); sent != nil || r.ended {
			return sent
		}
		b.raw = nil
		return b.pass()
	}
	return err
}

// recoding is a coded body as it is read, and written.
type recoding struct {
	b      *bodyRun
	data   []byte // of the piece that came last
	ended  bool
	failed error // of the source
}

func (r *recoding) Read(p []byte) (int, error) {
	for len(r.data) == 0 {
		if r.failed != nil {
			return 0, r.failed
		}
		if r.ended {
			return 0, io.EOF
		}
		piece, err := r.b.next()
		if r.ended = err == io.EOF; err != nil && !r.ended {
			r.failed = err
		}
		if r.data = piece.data; r.b.kept {
			r.b.raw = append(r.b.raw, piece.raw...)
		}
		if r.b.kept && len(r.b.raw) > maxUnchanged {
			if err := r.b.begin(); err != nil {
				return 0, err
			}
		}
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

// rests reports whether the source has nothing more at hand: then what is decoded passes.
func (r *recoding) rests() bool { return len(r.data) == 0 && !r.b.from.ready() }

func (r *recoding) Write(p []byte) (int, error) {
	if r.b.kept {
		if err := r.b.begin(); err != nil {
			return 0, err
		}
	}
	if err := r.b.to.write(p); err != nil {
		return 0, err
	}
	if r.rests() {
		return len(p), r.b.to.flush()
	}
	return len(p), nil
}
