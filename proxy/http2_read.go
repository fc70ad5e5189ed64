package proxy

import (
	"io"

	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// reading is what reading a peer takes of memory and time.
type reading struct{ *http2Pump }

// fill reads on, into a larger buffer where a frame needs one.
func (p reading) fill() error {
	sock := p.from.sock
	err := sock.Fill()
	if err != socket.ErrFull {
		return err
	}
	most := p.most() + http2.HeaderSize
	if n := min(2*len(sock.Buffered()), most); n > socket.LargeBuffer {
		if err := p.hold(n + cap(p.block)); err != nil {
			return err
		}
	}
	if err := sock.Grow(most); err != nil {
		return io.ErrShortBuffer
	}
	return sock.Fill()
}

// most is how long a frame, or a field section as it comes, may be that is held until it
// is whole, in bytes: one that is above max_head is read to be answered.
func (p *http2Pump) most() int { return max(2*p.limits.Size, socket.LargeBuffer) }

// hold reserves n bytes in all for long heads.
func (p reading) hold(n int) error {
	if more := int64(n) - p.held; more > 0 {
		if err := p.c.srv.headBudget.take(more); err != nil {
			return &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2Memory.With()}
		}
		p.held += more
	}
	return nil
}

// headLate is in http2Conn.headUntil once the time was over.
const headLate = -1

var errHeadLate = &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2HeadLate.With()}

// await reads on. For the rest of a head that has begun it waits until its time is over.
func (p reading) await() error {
	until := &p.c.headUntil
	if p.headUntil != 0 {
		until.Store(p.headUntil)
		p.c.srv.wakeSweeper()
	}
	err := p.fill()
	if p.headUntil != 0 && !until.CompareAndSwap(p.headUntil, 0) {
		return errHeadLate
	}
	if err != nil && p.toOrigin && p.c.own.origin.joins() {
		return nil
	}
	return err
}

// rest is what is to be done before the peer is waited for: what was held is given
// back, unless a frame or a section has come in part, which has its time.
func (p reading) rest() {
	within := p.head.Stream != 0 || len(p.from.sock.Buffered()) > 0
	if p.held > 0 && !within {
		p.c.srv.headBudget.give(p.held)
		p.held = 0
	}
	switch {
	case !p.toOrigin:
	case !within:
		p.headUntil = 0
	case p.headUntil == 0:
		p.headUntil = lateAfter(clock(), p.c.srv.config.Load().Timeouts.ClientHead)
	}
}
