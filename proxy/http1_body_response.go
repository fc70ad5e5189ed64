package proxy

import (
	"bytes"
	"errors"
	"io"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// responseRun is the run of a response that rules change, nil for none. Its head is in respOut
// and in resp.
func (x relaying) responseRun(framing http1.Framing, dechunk bool) *bodyRun {
	r := x.ruling
	if r == nil {
		return nil
	}
	wait := rules.Piece(r.final, false)
	if !rules.Rewrites(r.final, false) && wait == 0 {
		return nil
	}
	coded, part := encodings(&x.resp.Head)
	work := r.set.Rewriting(r.final, false, coded...)
	if work == nil {
		work = new(rules.Rewriting) // which does nothing
	}
	if x.edited.response != nil || x.edited.head != nil {
		work.Fail(reason.BreakHands.With())
		effects, did := bodyOutcome(work, false)
		x.rec.Ruled(effects, did...)
		return nil
	}
	none := framing == http1.NoBody && work.Idle() || x.isHead || http1.Bodiless(x.resp.Status)
	switch {
	case none || http1.Contentless(x.resp.Status):
		work.Fail(reason.RuleBodyNone.With())
	case part || x.resp.Status == 206:
		work.Fail(reason.RuleBodyPart.With())
	}
	if none && len(work.Parts()) == 0 {
		return nil
	}
	length, head := x.resp.Length, bytes.Clone(x.resp.Raw)
	target := &http1Target{head: bytes.Clone(x.respOut), was: framing, plain: dechunk,
		send: func(p []byte) error {
			_, err := x.conn.socket.Write(p)
			return err
		},
		went:    x.rec.Went(false),
		work:    work,
		ruled:   func(length int64) { x.rec.RuledResponse(reframed(head, length)) },
		trailer: func() []byte { return passedTrailer(x.respChunks.Trailer(), &x.resp.Head, x.inside != nil) }}
	x.resp.Detach()
	x.respChunks.MaxTrailer, x.respChunks.MaxFields, x.respChunks.Mends = x.limits.Head, x.limits.Fields, true
	x.respChunks.Reset()
	source := &http1Source{sock: x.origin.Conn, framing: framing, left: length, x: x.http1Exchange, chunks: &x.respChunks,
		head: &x.resp.Head, plain: dechunk, record: x.rec.ResponseBody, trailer: x.rec.ResponseTrailer, fill: x.fillBody}
	if wait > 0 {
		source.pause = ruledExchange(x).pieces(wait, rules.ToldPieces(r.final, false), x.rest)
	}
	short := framing == http1.NoBody || framing == http1.Length && (length <= maxUnchanged || x.oldClient)
	return &bodyRun{work: work, from: source, to: target, budget: &x.srv.bodyBudget, whole: short}
}

var errPauseEnded = errors.New("the exchange ended while a piece of its body waited")

// rest has a piece of a response's body wait.
func (x relaying) rest(wait time.Duration) error {
	if !ruledExchange(x).pause(wait) {
		return errPauseEnded
	}
	x.stageBody(clock())
	return nil
}

// fillBody reads on in a response's body.
func (x relaying) fillBody(bulk bool) error {
	x.origin.SetBulk(bulk)
	err := x.origin.Fill()
	x.stageBody(clock())
	return err
}

// relayRun passes a response on as rules change it; whole says that all of what came was read.
func (x relaying) relayRun(b *bodyRun) (end bodyEnd, whole bool) {
	source := b.from.(*http1Source)
	defer source.release()
	body, placed := b.work.Placed(x.srv.disk.placed(x.ruling.set, ruledExchange(x).await))
	if rules.PlacesFile(x.ruling.final, false) && !x.conn.watch.sound() { // its client has left meanwhile
		return pauseFailed(x.conn), false
	}
	x.stageBody(clock())
	var err error
	if placed {
		source.pause = nil
		if err = b.place(body); err == nil {
			whole = x.drain(source)
		}
	} else {
		err = b.run()
		whole = err == nil
	}
	tellBody(x.rec, b, false)
	return x.runEnd(b, err), whole
}

// drainTime is how long what came in place of another body is read, once that was sent.
const drainTime = time.Second

// drain reads what came in place of another body, for the row and to use the connection again,
// but no more than is usual, and not for long.
func (x relaying) drain(source *http1Source) (whole bool) {
	_ = x.origin.SetReadDeadline(time.Now().Add(drainTime))
	for n := 0; n < rules.MaxBody; {
		piece, err := source.next()
		if n += len(piece.data); err == io.EOF {
			return x.origin.SetReadDeadline(time.Time{}) == nil
		} else if err != nil {
			return false
		}
	}
	return false
}

// runEnd says how the run of a response ended.
func (x relaying) runEnd(b *bodyRun, err error) bodyEnd {
	var read readError
	var bad *rules.CodingError
	source := b.from.(*http1Source)
	switch {
	case err == nil:
		return bodyEnd{}
	case errors.Is(err, errPauseEnded):
		return pauseFailed(x.conn)
	case errors.As(err, &read):
		err = read.error
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		unclean := source.framing == http1.UntilClose || source.plain ||
			source.framing == http1.Chunked && !b.changed && looksWhole(x.respChunks)
		return x.conn.readFailed(err, unclean)
	case errors.As(err, &bad):
		return bodyEnd{failure: flow.FailureBadResponse, why: reason.RuleFailed.With(b.work.Parts()[0].Label, b.work.Reason(bad.Err)),
			reset: true}
	}
	return x.writeFailed()
}
