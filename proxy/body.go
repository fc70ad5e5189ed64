package proxy

import (
	"errors"
	"io"
	"sync/atomic"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// What rules do to bodies, whatever carries them. A body comes from a bodySource and goes on to a
// bodyTarget; bodyRun is what lies between.

// bodySource is a body as it comes.
type bodySource interface {
	// next waits for more; what it returned before is used up. The last piece has io.EOF with it.
	next() (bodyPiece, error)
	// ready reports whether more is at hand.
	ready() bool
}

// bodyPiece is what came of a body with one read.
type bodyPiece struct {
	raw     []byte // as it came, framing and all
	data    []byte // the content in it
	between bool   // what came ends between two chunks
}

// bodyTarget is where a body goes. Its head is written with the first byte.
type bodyTarget interface {
	// original sends what came as it came.
	original(raw []byte) error
	// begin says that another body follows, of so many bytes; -1: so many as come.
	begin(length int64) error
	// write adds to it, and flush sends what was added.
	write(p []byte) error
	flush() error
	// end ends it.
	end() error
	// note says that content has passed as it came, before another body follows.
	note(p []byte)
	// framed reports whether what came may pass piece by piece up to the first change: another
	// body can follow it.
	framed() bool
}

// readError is an error of a source.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// Bounds of bodies that wait.
const (
	maxUnchanged = 64 << 10  // bytes of a body that are held to be passed as they came
	maxBodies    = 128 << 20 // bytes of all bodies that are held for rules
	bodyPieces   = 32 << 10  // bytes of content that are sent together
)

// bodyBudget counts what is held of bodies for rules.
type bodyBudget struct{ held atomic.Int64 }

// take reserves n bytes, until give.
func (m *bodyBudget) take(n int) bool {
	if m.held.Add(int64(n)) > maxBodies {
		m.give(n)
		return false
	}
	return true
}

func (m *bodyBudget) give(n int) { m.held.Add(-int64(n)) }

// bodyRun is one body on its way through rules. It is one goroutine's.
type bodyRun struct {
	work   *rules.Rewriting
	from   bodySource
	to     bodyTarget
	budget *bodyBudget
	whole  bool // it is held, since it is short, or cannot be sent without its length

	raw     []byte // what came and has not passed, as it came
	data    []byte // the content in it
	out     []byte // what becomes of it, while all may be as it came
	taken   int    // bytes of the budget
	kept    bool   // raw is all that came since out began
	changed bool   // another body is sent
}

// run passes the body on. Errors are the source's as a readError, of the coding as a
// *rules.CodingError, and else the target's.
func (b *bodyRun) run() error {
	defer func() { b.budget.give(b.taken) }()
	switch {
	case b.work.Idle():
		return b.pass()
	case b.work.Whole() || b.whole:
		return b.hold()
	case b.work.Coded():
		return b.recode()
	}
	return b.stream()
}

// place sends a body in place of the one that came.
func (b *bodyRun) place(body []byte) error {
	b.changed = true
	err := b.to.begin(int64(len(body)))
	if err == nil {
		err = b.to.write(body)
	}
	if err == nil {
		err = b.to.flush()
	}
	if err == nil {
		err = b.to.end()
	}
	return err
}

// next is the next piece.
func (b *bodyRun) next() (bodyPiece, error) {
	piece, err := b.from.next()
	if err != nil && err != io.EOF {
		err = readError{err}
	}
	return piece, err
}

// pass passes what comes as it came.
func (b *bodyRun) pass() error {
	for {
		piece, err := b.next()
		if sent := b.to.original(piece.raw); sent != nil {
			return sent
		}
		switch err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// hold keeps the body until it is whole. One that is too long passes as it came.
func (b *bodyRun) hold() error {
	whole, err := b.collect()
	switch {
	case err != nil:
		return errors.Join(b.to.original(b.raw), err)
	case !whole:
		if sent := b.to.original(b.raw); sent != nil {
			return sent
		}
		b.raw, b.data = nil, nil
		return b.pass()
	}
	if out := b.work.Apply(b.data); out != nil {
		return b.place(out)
	}
	return b.to.original(b.raw)
}

// collect holds the body until it is whole. It is not where it is too long: then the rules have
// failed, and raw is what came so far.
func (b *bodyRun) collect() (whole bool, err error) {
	for {
		piece, err := b.next()
		room := b.reserve(len(piece.raw) + len(piece.data))
		b.raw = append(b.raw, piece.raw...)
		switch {
		case err != nil && err != io.EOF:
			return false, err
		case !room:
			b.work.Fail(reason.RuleBodyFull.With())
			return false, nil
		case len(b.data)+len(piece.data) > rules.MaxBody:
			b.work.Fail(reason.RuleBodyLong.With(rules.MaxBody))
			return false, nil
		}
		if b.data = append(b.data, piece.data...); err == io.EOF {
			return true, nil
		}
	}
}

// reserve takes more of the budget, in large steps.
func (b *bodyRun) reserve(n int) bool {
	const step = 256 << 10
	for len(b.raw)+len(b.data)+n > b.taken {
		if !b.budget.take(step) {
			return false
		}
		b.taken += step
	}
	return true
}

// stream changes the body while it passes. What came passes as it came up to the first change,
// where it can be followed by another body.
func (b *bodyRun) stream() error {
	if b.kept = b.to.framed(); !b.kept {
		if err := b.begin(); err != nil {
			return err
		}
	}
	for {
		piece, err := b.next()
		if b.kept {
			b.raw = append(b.raw, piece.raw...)
		}
		sent := b.work.Write(piece.data, b.take)
		if err != nil && sent == nil {
			sent = b.work.Close(b.take)
		}
		if sent == nil {
			sent = b.settle(piece.between, err)
		}
		switch {
		case sent != nil:
			return sent
		case err == io.EOF && !b.kept:
			return b.to.end()
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// begin says that another body follows from here on.
func (b *bodyRun) begin() error {
	b.kept, b.changed, b.raw = false, true, nil
	err := b.to.begin(-1)
	if err == nil {
		err = b.to.write(b.out)
	}
	b.out = nil
	return err
}

// take takes what becomes of the body.
func (b *bodyRun) take(p []byte) error {
	if b.kept && b.work.Changed() {
		if err := b.begin(); err != nil {
			return err
		}
	}
	if b.kept {
		b.out = append(b.out, p...)
		return nil
	}
	return b.to.write(p)
}

// settle sends what is decided after a piece; err is what came with it.
func (b *bodyRun) settle(between bool, err error) error {
	if b.kept && b.work.Changed() { // and nothing is left of it, so that take was not called
		if err := b.begin(); err != nil {
			return err
		}
	}
	switch {
	case !b.kept:
		return b.to.flush()
	case err != nil, between && b.work.Held() == 0:
		b.to.note(b.out)
		sent := b.to.original(b.raw)
		b.raw, b.out = b.raw[:0], b.out[:0]
		return sent
	case len(b.raw) > maxUnchanged:
		if err := b.begin(); err != nil {
			return err
		}
		return b.to.flush()
	}
	return nil
}
