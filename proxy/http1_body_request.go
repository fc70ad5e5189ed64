package proxy

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
	"posthouse/proxy/socket"
)

// body does to the body of a request what the rules say, as far as it is held for that: before
// the origin is reached. What streams is left in x.run. A reply says why the request goes no
// further.
func (x ruledExchange) body() *reply {
	r := x.ruling
	wait := rules.Piece(r.matched, true)
	if !rules.Rewrites(r.matched, true) && wait == 0 {
		return nil
	}
	coded, part := encodings(&x.req.Head)
	work := r.set.Rewriting(r.early(), true, coded...)
	if work == nil {
		work = new(rules.Rewriting) // which does nothing
	}
	if x.edited.request != nil || x.edited.raw {
		work.Fail(reason.BreakHands.With())
		effects, did := bodyOutcome(work, true)
		x.rec.Ruled(effects, did...)
		return nil
	}
	switch {
	case !x.req.Chunked && x.req.Length < 0:
		work.Fail(reason.RuleBodyNone.With())
	case rules.LosesBody(r.row.Method, string(x.req.Method)): // what came is empty
		work.Fail(reason.RuleMethodBody.With(string(x.req.Method)))
	case part:
		work.Fail(reason.RuleBodyPart.With())
	}
	body, placed := work.Placed(x.srv.disk.placed(r.set, x.await))
	if rules.PlacesFile(r.matched, true) && !x.conn.watch.sound() { // its client has left meanwhile
		return x.pauseEnded()
	}
	source := x.requestSource()
	b := &bodyRun{work: work, from: source, budget: &x.srv.bodyBudget}
	idle := work.Idle()
	if idle && (wait == 0 || !x.req.Chunked && x.req.Length <= 0) {
		tellBody(x.rec, b, true)
		return nil
	}
	if wait > 0 && !placed {
		source.pause = x.pieces(wait, rules.ToldPieces(r.matched, true), x.restPiece)
	}
	x.tookInline = true
	x.req.Detach()
	x.chunks.MaxTrailer, x.chunks.MaxFields = x.limits.Head, x.limits.Fields
	x.chunks.Reset()
	if idle || !placed && !work.Whole() && (x.req.Chunked || x.req.Length > maxUnchanged) {
		x.stream(b)
		return nil
	}
	x.ownHead()
	defer func() { x.held = b.taken }()
	if placed {
		return x.placed(b, body)
	}
	return x.collected(b)
}

// pieces has each piece of a body wait; rest does, and returns why it ended early.
func (x ruledExchange) pieces(wait time.Duration, did []flow.Reason, rest func(time.Duration) error) func() error {
	told := false
	return func() error {
		if !told {
			told = true
			x.rec.Ruled(flow.EffectDelayed, did...)
		}
		return rest(wait)
	}
}

// restPiece has a piece of a request's body wait, while its client is there.
func (x ruledExchange) restPiece(wait time.Duration) error {
	since := &x.conn.watch.silentSince
	if x.upload != nil {
		since = &x.conn.watch.sendSince
	}
	since.Store(clock())
	defer since.Store(0)
	x.srv.wakeSweeper()
	return x.conn.socket.Rest(wait)
}

// early are the rules that apply to the request.
func (r *ruling) early() (list []*rules.Compiled) {
	for _, c := range r.matched {
		if c.Early() {
			list = append(list, c)
		}
	}
	return list
}

// ownHead has the head lie in memory of the exchange, so that more can be read.
func (x ruledExchange) ownHead() {
	raw := bytes.Clone(x.req.Raw)
	if same, err := http1.WholeRequest(raw, &x.limits); err == nil {
		x.req = same
	}
	t := &x.target
	t.Text, t.Host, t.Path = bytes.Clone(t.Text), bytes.Clone(t.Host), bytes.Clone(t.Path)
}

// requestSource is the body that comes from the client.
func (x ruledExchange) requestSource() *http1Source {
	s := &http1Source{sock: x.conn.socket, framing: http1.Length, left: x.req.Length, x: x.http1Exchange, chunks: &x.chunks,
		head: &x.req.Head, record: x.rec.RequestBody, trailer: func([]byte) { x.rec.RequestTrailer(x.chunks.Trailer()) },
		fill: x.fillRequest}
	if x.req.Chunked {
		s.framing = http1.Chunked
	}
	return s
}

// fillRequest reads on in a body that is held. A client that waits to be told so is told to send it.
func (x ruledExchange) fillRequest(bulk bool) error {
	if !x.continued && !x.oldClient && x.req.Lists(http1.Expect, "100-continue") {
		x.continued = true
		if _, err := x.conn.socket.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n")); err != nil {
			return err
		}
	}
	x.conn.watch.stage(x.config.Timeouts.ClientBody)
	x.conn.socket.SetBulk(bulk)
	err := x.conn.socket.Fill()
	x.conn.watch.until.Store(0)
	return err
}

// placed reads the body that came, and sends another in its place.
func (x ruledExchange) placed(b *bodyRun, body []byte) *reply {
	for {
		_, err := b.next()
		if err != nil && err != io.EOF {
			return x.holdFailed(b, err)
		}
		if err == io.EOF {
			b.from.(*http1Source).release()
			x.place(b, body)
			return nil
		}
	}
}

// collected holds the body, and sends what becomes of it.
func (x ruledExchange) collected(b *bodyRun) *reply {
	whole, err := b.collect()
	b.from.(*http1Source).release()
	if err != nil {
		return x.holdFailed(b, err)
	}
	if whole {
		if out := b.work.Apply(b.data); out != nil {
			x.place(b, out)
			return nil
		}
	}
	x.out, x.inline = append(x.out, b.raw...), len(b.raw) // and the rest as any body
	tellBody(x.rec, b, true)
	return nil
}

// place puts another body behind the head.
func (x ruledExchange) place(b *bodyRun, body []byte) {
	x.rec.Went(true).Add(body)
	head := len(x.out)
	if x.req.Chunked {
		if len(body) > 0 {
			x.out = append(strconv.AppendInt(x.out, int64(len(body)), 16), "\r\n"...)
			x.out = append(append(x.out, body...), "\r\n"...)
		}
		x.out = append(append(x.out, "0\r\n"...), passedTrailer(x.chunks.Trailer(), &x.req.Head, x.inside != nil)...)
	} else {
		x.rec.RuledRequest(reframed(x.req.Raw, int64(len(body))))
		x.out = reframed(x.out, int64(len(body)))
		head = len(x.out)
		x.out, x.req.Length = append(x.out, body...), int64(len(body))
	}
	x.inline = len(x.out) - head
	tellBody(x.rec, b, true)
}

// holdFailed finds the words for a body that broke off while it was held.
func (x ruledExchange) holdFailed(b *bodyRun, err error) *reply {
	tellBody(x.rec, b, true)
	x.keep = false
	x.tookInline = false
	var bad *http1.Error
	switch {
	case socket.IsInterrupt(err) && x.conn.wasCut():
		return x.conn.cutReply().close()
	case socket.IsInterrupt(err):
		x.conn.forgive()
		return errorReply(408, flow.FailureClientTimeout, reason.BodyLate.With()).close()
	case errors.As(err, &bad):
		return badMessageReply(bad).close()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, socket.ErrTruncated):
		return errorReply(400, flow.FailureClientGone, reason.BodyCut.With()).close()
	}
	return gone()
}

// stream has a body changed while it is sent. Its length is not known then.
func (x ruledExchange) stream(b *bodyRun) {
	up := uploading(x)
	source := b.from.(*http1Source)
	source.fill = up.readBody
	source.record = func(p []byte) {
		x.upload.begun.Store(true)
		x.rec.RequestBody(p)
	}
	if !x.req.Chunked && !b.work.Idle() {
		x.rec.RuledRequest(reframed(x.req.Raw, -1))
		x.out = reframed(x.out, -1)
	}
	b.to = &http1Target{was: source.framing, send: up.passBody, went: x.rec.Went(true), work: b.work, ruled: func(int64) {},
		trailer: func() []byte { return passedTrailer(x.chunks.Trailer(), &x.req.Head, x.inside != nil) }}
	x.run = b
}

// uploadRun is uploadBody for a body that rules change while it is sent.
func (x uploading) uploadRun() *reply {
	b := x.run
	err := b.run()
	b.from.(*http1Source).release()
	tellBody(x.rec, b, true)
	var read readError
	var coding *rules.CodingError
	var bad *http1.Error
	switch {
	case err == nil:
		x.conn.socket.SetBulk(false)
		return nil
	case errors.As(err, &bad):
		return badMessageReply(bad)
	case errors.As(err, &read):
		if err = read.error; err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		return x.conn.uploadFault(x.upload, err)
	case errors.As(err, &coding):
		why := reason.RuleFailed.With(b.work.Parts()[0].Label, b.work.Reason(coding.Err))
		return errorReply(400, flow.FailureBadRequest, why).close()
	case socket.IsInterrupt(err):
		return x.conn.uploadFault(x.upload, err)
	}
	return &reply{}
}
