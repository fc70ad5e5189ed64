package proxy

import (
	"errors"
	"sync/atomic"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// maxHeadBudget bounds what all long heads under way may take together, in
// bytes: with the default limits 512 exchanges at once, while thousands of
// connections may be open. A head is long if it does not fit into a large buffer.
const maxHeadBudget = 128 << 20

var errHeadBudget = errors.New("too many long heads at once")

// headBudget counts what is reserved for long heads.
type headBudget struct{ reserved atomic.Int64 }

// reserve lets an exchange hold one head of the greatest length on each side, or,
// as the other flag of it, what a broken one becomes when it is mended.
func (m *headBudget) reserve(x *http1Exchange, held *bool) error {
	if *held {
		return nil
	}
	if err := m.take(int64(x.limits.Head)); err != nil {
		return err
	}
	*held = true
	return nil
}

// take reserves n bytes, until give.
func (m *headBudget) take(n int64) error {
	if m.reserved.Add(n) > maxHeadBudget {
		m.give(n)
		return errHeadBudget
	}
	return nil
}

func (m *headBudget) give(n int64) { m.reserved.Add(-n) }

// giveBack ends the exchange's reservations, if it has any.
func (m *headBudget) giveBack(x *http1Exchange) {
	for _, held := range [...]*bool{&x.longHead, &x.longMend} {
		if *held {
			m.reserved.Add(-int64(x.limits.Head))
			*held = false
		}
	}
}

// findResponse looks for a response head in b. One that is long and is to be mended
// takes its memory first.
func (x *http1Exchange) findResponse(b []byte) (int, error) {
	x.respHead.MendsUpTo = socket.LargeBuffer
	n, err := x.respHead.Read(&x.resp, b, &x.limits)
	if err != http1.ErrMendsLong {
		return n, err
	}
	if err := x.srv.headBudget.reserve(x, &x.longMend); err != nil {
		return 0, err
	}
	x.respHead.MendsUpTo = 0
	return x.respHead.Read(&x.resp, b, &x.limits)
}

// fillMore reads on in a head, growing a full buffer up to the limit of a head.
func (x *http1Exchange) fillMore(conn *socket.Conn) error {
	return x.fillUpTo(conn, x.limits.Head)
}

// fillUpTo is fillMore with its own limit, in bytes.
func (x *http1Exchange) fillUpTo(conn *socket.Conn, limit int) error {
	err := conn.Fill()
	if err != socket.ErrFull {
		return err
	}
	if len(conn.Buffered()) >= socket.LargeBuffer {
		if err := x.srv.headBudget.reserve(x, &x.longHead); err != nil {
			return err
		}
	}
	if err = conn.Grow(limit + 1); err != nil {
		return http1.ErrHeadTooLarge
	}
	return conn.Fill()
}

// longHeadReply is for a head that found no memory.
func longHeadReply() *reply {
	return errorReply(503, flow.FailureLimit, reason.HeadLimit.With()).close()
}
